"""``proxy-status``: istioctl's two tables, one with everything, and the sentence about what the short one hides.

Follows istio/istioctl/pkg/writer/pilot/status.go. The usual table names the types that a proxy subscribes to and no
state at all: a proxy that rejects everything looks like a healthy one. So ``hidden`` says how many are not in sync.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from meshctl.views.sync.syncz import CDS, ECDS, EDS, LDS, RDS, SHORT_NAMES, ProxyState, State, TypeState, age
from meshctl.views.table import Table

_USUAL = (CDS, LDS, EDS, RDS, ECDS)


def of_namespace(proxies: Sequence[ProxyState], namespace: str | None) -> list[ProxyState]:
    """By name; those of a namespace, or all."""
    found = [proxy for proxy in proxies if not namespace or proxy.namespace == namespace]
    return sorted(found, key=lambda proxy: (proxy.id, proxy.istiod))


def short(proxies: Sequence[ProxyState]) -> Table:
    rows = [(proxy.id, proxy.cluster, proxy.istiod, proxy.version, _subscribed(proxy)) for proxy in proxies]
    return Table(("NAME", "CLUSTER", "ISTIOD", "VERSION", "SUBSCRIBED TYPES"), rows)


def _subscribed(proxy: ProxyState) -> str:
    ordered = dict.fromkeys(one.name for one in sorted(proxy.types, key=_place))
    return f"{len(ordered)} ({','.join(ordered)})"


_CORE = (CDS, LDS, EDS, RDS)


def _place(one: TypeState) -> tuple[int, str]:
    """istioctl's order (setupStatusPrint): the four old types, then the others by their URLs."""
    return (_CORE.index(one.name) if one.name in _CORE else len(_CORE), one.url)


def by_type(proxies: Sequence[ProxyState], now: datetime.datetime) -> Table:
    """``-v 1``: a column for each type, in order of their URLs."""
    known = {url: name for url, name in SHORT_NAMES.items() if name in _USUAL}
    known |= {one.url: one.name for proxy in proxies for one in proxy.types}
    columns = list(dict.fromkeys(name for _, name in sorted(known.items())))
    rows = []
    for proxy in proxies:
        states = {one.name: one for one in proxy.types}
        cells = (_state_and_age(states[name], now) if name in states else "IGNORED" for name in columns)
        rows.append((proxy.id, proxy.cluster, *cells, proxy.istiod, proxy.version))
    return Table(("NAME", "CLUSTER", *columns, "ISTIOD", "VERSION"), rows)


def _state_and_age(one: TypeState, now: datetime.datetime) -> str:
    since = age(one.at, now)
    return f"{one.state.value} ({since})" if since else one.state.value


_WIDE = ("NAME", "CLUSTER", "TYPE", "STATE", "AGE", "NONCE", "ACKNOWLEDGED", "ISTIOD", "VERSION", "REJECTION")


def wide(proxies: Sequence[ProxyState], now: datetime.datetime) -> Table:
    """A row for each type of each proxy, with nonces and the text of a rejection."""
    rows: list[tuple[str, ...]] = []
    for proxy in proxies:
        for one in proxy.types:
            rows.append(
                (
                    proxy.id,
                    proxy.cluster,
                    one.name,
                    one.state.value,
                    age(one.at, now) or "-",
                    _nonce(one.sent),
                    "same"
                    if one.sent and one.sent == one.acked
                    else _nonce(one.acked)
                    if one.acked
                    else "never",
                    proxy.istiod,
                    proxy.version,
                    " ".join(one.error.split()) or "-",
                )
            )
        if not proxy.types:
            rows.append((proxy.id, proxy.cluster, *["-"] * 5, proxy.istiod, proxy.version, "-"))
    return Table(_WIDE, rows, padding=3)


_UUID = 36


def _nonce(text: str) -> str:
    """istiod's nonce is the version of the push and a UUID; the version says enough, with the UUID's beginning."""
    return f"{text[:-_UUID]}-{text[-_UUID:][:8]}" if len(text) > _UUID else text or "-"


def hidden(proxies: Sequence[ProxyState], now: datetime.datetime) -> str:
    """``3 of 120 proxies are not in sync: ...``; "" where all are."""
    troubled = [proxy for proxy in proxies if proxy.trouble]
    if not troubled:
        return ""
    rejected = [p for p in troubled if _has(p, State.ERROR)]
    rest = [p for p in troubled if p not in rejected]
    frozen = [p for p in rest if len(p.types) > 1 and all(t.state is State.STALE for t in p.types)]
    stale = [p for p in rest if p not in frozen and _has(p, State.STALE)]
    waiting = [p for p in rest if p not in frozen and p not in stale]
    parts = [
        _part(rejected, "rejected", _rejection(rejected)),
        _part(frozen, "frozen", _longest(frozen, now, "nothing acknowledged for ")),
        _part(stale, "stale", _longest(stale, now, "for ")),
        _part(waiting, "not sent", ", ".join(sorted({t.name for p in waiting for t in p.trouble}))),
    ]
    verb = "is" if len(troubled) == 1 else "are"
    return (
        f"{len(troubled)} of {len(proxies)} proxies {verb} not in sync: "
        f"{', '.join(part for part in parts if part)}; see -o wide"
    )


def _has(proxy: ProxyState, state: State) -> bool:
    return any(one.state is state for one in proxy.types)


def _part(proxies: Sequence[ProxyState], word: str, more: str) -> str:
    return f"{len(proxies)} {word}" + (f" ({more})" if more else "") if proxies else ""


_LONGEST_TEXT = 100


def _rejection(proxies: Sequence[ProxyState]) -> str:
    """The type and the text of the first rejection."""
    for one in (one for proxy in proxies for one in proxy.types if one.state is State.ERROR):
        text = " ".join(one.error.split())
        return f"{one.name}: {text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + '…'}"
    return ""


def _longest(proxies: Sequence[ProxyState], now: datetime.datetime, words: str) -> str:
    times = [one.at for proxy in proxies for one in proxy.trouble if one.at]
    since = age(min(times), now) if times else ""
    return f"{words}{since}" if since else ""


_CLIENT = "type.googleapis.com/envoy.service.status.v3.ClientConfig"


def response(istiod: str, proxies: Sequence[ProxyState], mark_structs: bool) -> dict[str, Any]:
    """One istiod's proxies in the form of ``istioctl proxy-status -o json``: the answer over XDS, but for its nonce."""
    from meshctl.envoy.schema.convert import StructObject

    struct = StructObject if mark_structs else dict
    versions = [one.sent[:-_UUID] for p in proxies for one in p.types if len(one.sent) > _UUID]
    resources = [
        {
            "@type": _CLIENT,
            "node": {
                "id": proxy.id,
                "metadata": struct(
                    {
                        "CLUSTER_ID": proxy.cluster,
                        "ISTIO_VERSION": proxy.version,
                        "NAMESPACE": proxy.namespace,
                    }
                ),
            },
            "genericXdsConfigs": [_generic(one) for one in proxy.types],
        }
        for proxy in proxies
    ]
    whose = f'{{"Component":"istiod","ID":"{istiod}"}}'
    first = {"versionInfo": max(versions)} if versions else {}
    return {
        **first,
        **({"resources": resources} if resources else {}),
        "typeUrl": "istio.io/debug/syncz",
        "controlPlane": {"identifier": whose},
    }


def _generic(one: TypeState) -> dict[str, Any]:
    found: dict[str, Any] = {"typeUrl": one.url}
    if one.at:
        found["lastUpdated"] = one.at
    found["configStatus"] = one.state.value.replace(" ", "_")
    if one.error:
        attempt = {"lastUpdateAttempt": one.at} if one.at else {}
        found["errorState"] = {**attempt, "details": one.error}
    return found
