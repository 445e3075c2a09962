"""Mutation runs: is every comparison, constant and statement of a module noticed by some test?"""
