"""What a proxy's configuration dump says about ports, for ``capture lint``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from meshctl.errors import InputError
from meshctl.netfilter.lint import EnvoyFacts

OUTBOUND, INBOUND = ("virtualOutbound", "virtual"), ("virtualInbound",)


def facts_of(dump: bytes, origin: str) -> EnvoyFacts:
    """Listener and admin addresses of a ``/config_dump``."""
    try:
        document = json.loads(dump)
    except json.JSONDecodeError as error:
        raise InputError(f"{origin} is no configuration dump: {error}") from error
    ports = {name: port for name, port in _listeners(document) if port is not None}
    admin = _admin(document)
    return EnvoyFacts(
        outbound_port=next((ports[name] for name in OUTBOUND if name in ports), None),
        inbound_port=next((ports[name] for name in INBOUND if name in ports), None),
        admin_address=admin.get("address"),
        admin_port=admin.get("port_value"),
        listeners=frozenset(ports.values()),
    )


def _configs(document: Any) -> Iterator[dict[str, Any]]:
    configs = document.get("configs", []) if isinstance(document, dict) else []
    yield from (config for config in configs if isinstance(config, dict))


def _listeners(document: Any) -> Iterator[tuple[str, int | None]]:
    for config in _configs(document):
        entries = [entry.get("listener") for entry in config.get("static_listeners") or []]
        for entry in config.get("dynamic_listeners") or []:
            entries.append((entry.get("active_state") or entry.get("warming_state") or {}).get("listener"))
        for listener in entries:
            if isinstance(listener, dict):
                address = (listener.get("address") or {}).get("socket_address") or {}
                yield str(listener.get("name", "")), address.get("port_value")


def _admin(document: Any) -> dict[str, Any]:
    for config in _configs(document):
        bootstrap = config.get("bootstrap")
        if isinstance(bootstrap, dict):
            address = ((bootstrap.get("admin") or {}).get("address") or {}).get("socket_address")
            return address if isinstance(address, dict) else {}
    return {}
