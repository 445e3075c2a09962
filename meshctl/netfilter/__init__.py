"""Netfilter rules of a pod: read from any source, computed from settings, walked, explained, checked."""

from meshctl.netfilter.connections import Connections
from meshctl.netfilter.model import Backend, Note, Rule, RuleSet, merge
from meshctl.netfilter.packet import Family, Hook, Packet, Sender
from meshctl.netfilter.passages import Passage, journey, passages
from meshctl.netfilter.pod import PodNet, routed
from meshctl.netfilter.source import parse_rules
from meshctl.netfilter.walk import Branch, PathStep, Tried, Verdict, WalkResult, walk

__all__ = [
    "Backend",
    "Branch",
    "Connections",
    "Family",
    "Hook",
    "Note",
    "Packet",
    "Passage",
    "PathStep",
    "PodNet",
    "Rule",
    "RuleSet",
    "Sender",
    "Tried",
    "Verdict",
    "WalkResult",
    "journey",
    "merge",
    "parse_rules",
    "passages",
    "routed",
    "walk",
]
