"""Chores of the project: what is generated from the code, locks, the demonstration."""
