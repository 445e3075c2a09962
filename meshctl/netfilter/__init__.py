"""Netfilter rules of a pod: read from any source, computed from settings, walked, explained, checked."""

from meshctl.netfilter.model import Backend, Note, Rule, RuleSet, merge
from meshctl.netfilter.packet import Family, Hook, Packet, Sender
from meshctl.netfilter.source import parse_rules
from meshctl.netfilter.walk import Branch, PathStep, Tried, Verdict, WalkResult, walk

__all__ = [
    "Backend",
    "Branch",
    "Family",
    "Hook",
    "Note",
    "Packet",
    "PathStep",
    "Rule",
    "RuleSet",
    "Sender",
    "Tried",
    "Verdict",
    "WalkResult",
    "merge",
    "parse_rules",
    "walk",
]
