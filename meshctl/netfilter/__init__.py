"""Netfilter rules of a pod: read from any source, computed from settings, walked, explained, checked."""

from meshctl.netfilter.istio.compute import ComputedRules
from meshctl.netfilter.istio.settings import CaptureSettings
from meshctl.netfilter.model import Backend, Note, Rule, RuleSet, merge
from meshctl.netfilter.packet import Family, Hook, Packet, Sender
from meshctl.netfilter.pod import PodNet, routed
from meshctl.netfilter.podrules import net_of_pod, rules_of_pod
from meshctl.netfilter.read.source import parse_rules
from meshctl.netfilter.walk.connections import Connections
from meshctl.netfilter.walk.packet_walk import Branch, PathStep, Tried, Verdict, WalkResult
from meshctl.netfilter.walk.passages import Passage, journey

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
    "journey",
    "merge",
    "net_of_pod",
    "parse_rules",
    "routed",
    "rules_of_pod",
]
