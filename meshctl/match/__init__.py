"""Does this criterion hold? Addresses, chains, matcher trees, headers, strings, metadata, routes, fractions."""
