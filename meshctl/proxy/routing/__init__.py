"""From a request to its cluster: virtual hosts, routes, draws, rewrites, the router."""
