"""Proofs about matches: which requests a condition takes, as regular languages, and whether any request is left.

``regex`` reads RE2's syntax, ``languages`` are automata over characters, ``atoms`` are the conditions of a route,
``solver`` looks for a request that meets some routes' conditions and not others'. "None is left" is a proof; what is
too large, or outside what is understood, is never taken for one.
"""
