"""Who may call whom: the policies of a port in words, calls evaluated, callers against ports, what STRICT would break."""
