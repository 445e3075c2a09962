"""What one Envoy does with one connection or request."""
