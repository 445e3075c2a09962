"""The bootstrap as the tables read it: which Istio and Envoy wrote the dump (envoy/config/core/v3/base.proto)."""

from __future__ import annotations

from typing import Any

import msgspec


class SemanticVersion(msgspec.Struct):
    major_number: int = 0
    minor_number: int = 0
    patch: int = 0


class BuildVersion(msgspec.Struct):
    version: SemanticVersion | None = None
    metadata: dict[str, Any] | None = None


class Node(msgspec.Struct):
    id: str = ""
    cluster: str = ""
    metadata: dict[str, Any] | None = None
    user_agent_build_version: BuildVersion | None = None


def _text(fields: dict[str, Any] | None, key: str) -> str | None:
    """A string of a Struct: None when absent, "" when it is not a string."""
    if fields is None or key not in fields:
        return None
    value = fields[key]
    return value if isinstance(value, str) else ""


def istio_version(node: Node | None) -> str:
    return (_text(node.metadata, "ISTIO_VERSION") if node else None) or ""


def istio_proxy_sha(node: Node | None) -> str:
    """The commit of istio/proxy, without its repository's name."""
    sha = (_text(node.metadata, "ISTIO_PROXY_SHA") if node else None) or ""
    parts = sha.split(":")
    return parts[1] if len(parts) > 1 else sha


def envoy_version(node: Node | None) -> str:
    """``1.40.0-label/Clean/RELEASE/BoringSSL``, as istioctl composes it."""
    build = (node.user_agent_build_version if node else None) or BuildVersion()
    version = build.version or SemanticVersion()
    text = f"{version.major_number}.{version.minor_number}.{version.patch}"
    marks = (("build.label", "-"), ("revision.status", "/"), ("build.type", "/"), ("ssl.version", "/"))
    for key, separator in marks:
        value = _text(build.metadata, key)
        if value is not None:
            text += separator + value
    return text
