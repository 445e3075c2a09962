"""What istiod says of the proxies that are connected to it: who is in sync, and what it would send to one of them."""
