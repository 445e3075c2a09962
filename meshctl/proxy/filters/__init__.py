"""One module per filter, network and HTTP, each with its contract: what it decides, what it may do."""
