"""The checks, a module for each theme; each has its functions and the rows that name them (``CHECKS``)."""
