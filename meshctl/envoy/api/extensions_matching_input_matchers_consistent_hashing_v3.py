"""Messages of envoy.extensions.matching.input_matchers.consistent_hashing.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ConsistentHashing(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing"
    threshold: int
    modulo: int
    seed: int
    SPEC = """\
threshold Int
modulo Int
seed Int"""
