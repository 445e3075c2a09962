"""Istio's own capture rules, computed from a pod's settings."""
