"""Random inputs against the real thing, until stopped: ``python -m tests.fuzz``."""
