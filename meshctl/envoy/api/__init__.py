"""Envoy's API as typed read models; made by tools/build_api.py from the schema."""
