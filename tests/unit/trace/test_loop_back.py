"""A packet to the pod's own address meets OUTPUT and, over lo, PREROUTING: what was not shown of either leaves it open."""

from __future__ import annotations

import pytest

from meshctl.netfilter import parse_rules
from meshctl.netfilter.read.unseen import observed
from meshctl.trace import capture
from meshctl.trace.pods import Pod

NAT = """*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:ISTIO_OUTPUT - [0:0]
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
"""
MANGLE = """*mangle
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
"""


@pytest.mark.parametrize(
    ("rules", "dst", "uid", "undecided"),
    [
        (NAT, "10.0.0.1", 1337, True),  # mangle may have a TPROXY rule for it
        (NAT + MANGLE, "10.0.0.1", 1337, False),
        (NAT, "10.0.0.1", 1000, False),  # redirected
        (NAT, "10.0.0.9", 1337, False),  # leaves the pod
        (NAT, "10.0.0.9", 1000, False),
    ],
)
def test_the_loop_over_lo(rules: str, dst: str, uid: int, undecided: bool) -> None:
    pod = Pod("p", "ns", ("10.0.0.1",), rules=observed(parse_rules(rules)))
    sent = capture.send(pod, "10.0.0.1", dst, 8080, uid, uid)
    assert sent.undecided is undecided
