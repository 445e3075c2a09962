"""HTTP filters, one module each (or a family that shares its rule)."""
