"""A real Envoy on configurations drawn at random: no answer of the trace is sure and wrong.

``MESHCTL_SEED`` draws others. A filter that is evaluated is drawn here, or is in the recordings, or stands below
with a reason.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

import pytest

from meshctl.envoy.message import Many, MapOf, Message, One, message_class
from meshctl.proxy.accounting import accounts
from meshctl.proxy.filters.http_table import HTTP_FILTERS
from tests.corpus import corpus
from tests.differential.beyond import shown
from tests.differential.generated import balance, connect, wire
from tests.differential.generated.draw import Draw, Json
from tests.differential.generated.filters import FILTERS
from tests.differential.generated.run import run
from tests.differential.test_trace_envoy import needs_envoy

SEED = int(os.environ.get("MESHCTL_SEED", "1"))
_HTTP = "envoy.extensions.filters.http."
# Evaluated without a case of a real Envoy, and why.
WITHOUT_A_CASE = {
    f"{_HTTP}ext_proc.v3.ExternalProcessor": "its server decides; every outcome is told",
    f"{_HTTP}oauth2.v3.OAuth2": "its server decides; every outcome is told",
    f"{_HTTP}cache.v3.CacheConfig": "what it holds is not known; every outcome is told",
    f"{_HTTP}cache_v2.v3.CacheV2Config": "what it holds is not known; every outcome is told",
    f"{_HTTP}rate_limit_quota.v3.RateLimitQuotaFilterConfig": "its server decides; every outcome is told",
    "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig": "an extension of Istio's build",
}

# Fields of the drawn filters that are evaluated and not drawn, by the end of their message's name.
NOT_DRAWN = {
    "rbac.v3.RBAC": {"matcher", "shadow_matcher", "rules_stat_prefix"},  # the recordings have matcher trees
    "json_to_metadata.v3.JsonToMetadata.MatchRules": {"allow_content_types_regex"},
    "api_key_auth.v3.ApiKeyAuthPerRoute": {"forwarding"},
    "stateful_session.v3.StatefulSession": {"status_on_strict_destination_not_found"},
    "stateful_session.v3.StatefulSessionPerRoute": {"stateful_session"},
}


@pytest.mark.envoy
def test_no_answer_is_sure_and_wrong(tmp_path: pathlib.Path) -> None:
    needs_envoy()
    report = run(SEED, tmp_path)
    assert len(report.compared) >= 600
    assert not report.wrong, f"{report}\n" + "\n".join(map(shown, report.wrong))
    assert len(report.undetermined) < 0.05 * len(report.compared), str(report)


@pytest.mark.envoy
@pytest.mark.parametrize("turn", range(2))
def test_no_share_of_a_host_is_sure_and_wrong(turn: int, tmp_path: pathlib.Path) -> None:
    needs_envoy()
    report = balance.run(2 * SEED + turn, tmp_path)
    assert len(report.compared) >= 70
    assert not report.wrong, f"{report}\n" + "\n".join(map(shown, report.wrong))
    assert len(report.undetermined) < 0.1 * len(report.compared), str(report)


@pytest.mark.envoy
def test_no_answer_to_an_odd_request_is_sure_and_wrong(tmp_path: pathlib.Path) -> None:
    needs_envoy()
    report = wire.run(SEED, tmp_path, list(range(24)))
    assert len(report.compared) >= 700
    assert not report.wrong, f"{report}\n" + "\n".join(map(shown, report.wrong))


@pytest.mark.envoy
def test_no_end_of_a_connection_is_sure_and_wrong(tmp_path: pathlib.Path) -> None:
    needs_envoy()
    report = connect.run(SEED, tmp_path)
    assert len(report.compared) >= 800
    assert not report.wrong, f"{report}\n" + "\n".join(map(shown, report.wrong))
    assert len(report.undetermined) < 0.02 * len(report.compared), str(report)


@pytest.mark.corpus
def test_every_evaluated_filter_has_a_case() -> None:
    evaluated = {name for name, contract in HTTP_FILTERS.items() if contract.evaluate is not None}
    waiting = {name.encode() for name in evaluated - FILTERS.keys() - WITHOUT_A_CASE.keys()}
    for path in (corpus("beyond") / "dumps").iterdir():
        content = path.read_bytes() if waiting else b""
        waiting -= {name for name in waiting if b"type.googleapis.com/" + name + b'"' in content}
    assert sorted(waiting) == []


def test_what_is_without_a_case_is_evaluated_and_not_drawn() -> None:
    evaluated = {name for name, contract in HTTP_FILTERS.items() if contract.evaluate is not None}
    assert WITHOUT_A_CASE.keys() <= evaluated
    assert not WITHOUT_A_CASE.keys() & FILTERS.keys()
    assert FILTERS.keys() <= evaluated


def fields_of(cls: type[Message], raw: Json) -> Iterator[tuple[str, str]]:
    """Every field that is set, with its message."""
    for name, value in raw.items():
        if name == "@type":
            continue
        yield cls.TYPE, name
        kind = cls.fields().get(name)
        item = kind.item if isinstance(kind, Many | MapOf) else kind
        if isinstance(item, One):
            parts = (
                value if isinstance(kind, Many) else value.values() if isinstance(kind, MapOf) else [value]
            )
            for part in parts:
                yield from fields_of(item.cls, part)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_every_evaluated_field_of_a_drawn_filter_is_drawn(name: str) -> None:
    drawn: set[tuple[str, str]] = set()
    for number in range(400):
        for settings in filter(None, FILTERS[name](Draw(str(number)))):
            cls = message_class(settings["@type"].partition("/")[2])
            assert cls is not None
            drawn |= set(fields_of(cls, settings))
    for message in {m for m, _ in drawn if m.startswith(_HTTP) and m in accounts()}:
        missing = accounts()[message].evaluated - {field for m, field in drawn if m == message}
        assert missing == NOT_DRAWN.get(message.removeprefix(_HTTP), set()), message
