"""Network filters, one module each."""
