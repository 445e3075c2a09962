"""Netfilter rules of a pod: read from any source, computed from settings, walked, explained, checked."""

from meshctl.netfilter.compute import ComputedRules, compute
from meshctl.netfilter.connections import Connections
from meshctl.netfilter.model import Backend, Note, Rule, RuleSet, merge
from meshctl.netfilter.packet import Family, Hook, Packet, Sender
from meshctl.netfilter.passages import Passage, journey, passages
from meshctl.netfilter.pod import PodNet, routed
from meshctl.netfilter.podrules import net_of_pod, rules_of_pod
from meshctl.netfilter.settings import CaptureSettings
from meshctl.netfilter.source import parse_rules
from meshctl.netfilter.walk import Branch, PathStep, Tried, Verdict, WalkResult, walk

__all__ = [
    "Backend",
    "Branch",
    "CaptureSettings",
    "ComputedRules",
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
    "compute",
    "journey",
    "merge",
    "net_of_pod",
    "parse_rules",
    "passages",
    "routed",
    "rules_of_pod",
    "walk",
]
