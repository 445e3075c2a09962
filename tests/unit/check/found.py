"""What the checks say of a small proxy, for the tests: ``found(proxy)`` gives (code, severity, object) of each finding."""

from __future__ import annotations

from typing import Any

from meshctl.check import Finding, Open, Subject, World
from meshctl.check.run import examined
from meshctl.envoy.coverage import WHOLE
from meshctl.envoy.sections import SectionKind
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod

Json = dict[str, Any]
NOW = 1_790_000_000.0


def subject(proxy: Proxy, **of_pod: Any) -> Subject:
    return Subject(Pod("p", "ns", ("10.0.0.9",), proxy=proxy, **of_pod), World(NOW))


def said(proxy: Proxy, *codes: str) -> list[Finding | Open]:
    """Everything that checks of these codes say; the route tables of a small proxy are all that there are."""
    proxy.snapshot.coverage.setdefault(SectionKind.ROUTES, WHOLE)
    return [one for one in examined(subject(proxy)) if not codes or one.code in codes]


def findings(proxy: Proxy, *codes: str) -> list[Finding]:
    return [one for one in said(proxy, *codes) if isinstance(one, Finding)]


def undecided(proxy: Proxy, *codes: str) -> list[Open]:
    return [one for one in said(proxy, *codes) if isinstance(one, Open)]
