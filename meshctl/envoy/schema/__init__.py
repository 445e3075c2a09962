"""Envoy's descriptor set, and JSON as istioctl prints it."""
