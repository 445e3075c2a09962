"""A packet through the rules as the kernel takes it, connections, summaries, records."""
