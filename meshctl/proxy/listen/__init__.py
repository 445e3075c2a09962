"""Accepting a connection: listeners, listener filters, the choice of a chain, the handshake."""
