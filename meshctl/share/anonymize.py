"""Stable pseudonyms for the names of a mesh that keep how the names relate.

Theory of operation. First the *vocabulary* is collected from where names stand for sure: virtual host domains,
cluster names, SNI, SPIFFE ids, Istio's metadata, node ids, pods' meta and manifests. Then every string of every
file is rewritten: a name's labels (between dots) are replaced part by part (between hyphens), each part always
by the same pseudonym. So ``a.b.c`` stays under ``*.b.c``, ``reviews-v1`` keeps its prefix, a cluster name keeps
its direction, port and subset, and a SPIFFE id its namespace and account: whatever matched before, matches after.

A part that is a common word (``server``, ``api``) is replaced only where a name stands: beside a dot, bar, slash
or bracket of a structured name, or as a whole string. Words of the platform (``svc``, ``istio-system``) stay.
Addresses: ``meshctl.share.addresses``. The key is random and never stored, so pseudonyms cannot be undone.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from meshctl.share.addresses import AddressPseudonyms

# Names of the platform, the same in every mesh.
_PLATFORM = frozenset(
    [
        "svc",
        "cluster",
        "local",
        "com",
        "org",
        "net",
        "io",
        "dev",
        "app",
        "www",
        "default",
        "kube",
        "system",
        "public",
        "node",
        "lease",
        "istio",
        "istiod",
        "ingressgateway",
        "egressgateway",
        "kubernetes",
        "dns",
        "coredns",
        "metrics",
        "global",
        "headless",
        "mesh",
        "internal",
        "example",
        "test",
        "ns",
        "sa",
        "td",
        "spiffe",
        "outbound",
        "inbound",
        "vip",
        "tcp",
        "udp",
        "http",
        "https",
        "http1",
        "http2",
        "h2",
        "h2c",
        "grpc",
        "tls",
        "mtls",
        "auto",
        "allow",
        "any",
        "block",
        "all",
        "passthrough",
        "passthroughcluster",
        "blackholecluster",
        "inboundpassthroughcluster",
        "prometheus",
        "stats",
        "agent",
        "xds",
        "sds",
        "jaeger",
        "zipkin",
        "virtualinbound",
        "virtualoutbound",
        "catchall",
        "blackhole",
        "localhost",
        "subset",
        "policy",
        "rule",
        "name",
        "namespace",
        "version",
        "latest",
        "stable",
        "canary",
        "none",
        "true",
        "false",
        "null",
        "unknown",
        "region",
        "zone",
        "x",
        "y",
        "z",
    ]
)
_WELL_KNOWN_NAMES = frozenset(
    [
        "istio-system",
        "kube-system",
        "kube-public",
        "kube-node-lease",
        "kube-dns",
        "istio-ingressgateway",
        "istio-egressgateway",
        "metrics-server",
        "istio-proxy",
        "istio-init",
        "istio-validation",
        "istio-cni",
        "istio-reader",
        "default",
        "cluster-local",
        "cluster.local",
    ]
)
# Words too common to be replaced in a running text.
_COMMON = frozenset(
    [
        "server",
        "client",
        "api",
        "web",
        "frontend",
        "backend",
        "proxy",
        "gateway",
        "service",
        "app",
        "user",
        "admin",
        "data",
        "cache",
        "db",
        "redis",
        "mysql",
        "mongo",
        "postgres",
        "kafka",
        "queue",
        "worker",
        "job",
        "auth",
        "login",
        "token",
        "key",
        "host",
        "path",
        "header",
        "request",
        "response",
        "error",
        "info",
        "debug",
        "secure",
        "public",
        "private",
        "external",
        "internal",
        "main",
        "master",
        "primary",
        "replica",
        "other",
        "mixed",
        "legacy",
        "plain",
        "evil",
        "quarantine",
        "tester",
        "clients",
        "other",
        "shop",
        "store",
        "payment",
        "order",
        "cart",
        "echo",
        "sleep",
        "httpbin",
        "nginx",
        "reviews",
        "ratings",
        "details",
    ]
)
_UNTOUCHED = re.compile(
    r"^(?:type\.googleapis\.com/|envoy\.|udpa\.|xds\.|google\.|io\.istio\.|istio\.(?:stats|alpn|metadata)|"
    r"networking\.istio\.io|security\.istio\.io|[0-9.]+s$|[A-Z][A-Z0-9_]*$|[0-9T:.Z-]+$)"
)
# The keys of these objects are names of headers, filters or fields, never of the mesh.
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_HOST = re.compile(r"^(?:\*\.|\*)?[a-z0-9](?:[a-z0-9-]*)(?:\.[a-z0-9-]+)+\.?$")
_SPIFFE = re.compile(r"spiffe://([^/\s\"',;]+)((?:/[^/\s\"',;]+)*)")
_CLUSTER = re.compile(r"(?:^|[.\s])(?:outbound|inbound|inbound-vip)\|[^|]*\|[^|]*\|([^|;\s]+)")
_SNI = re.compile(r"(?:outbound|inbound)_\.[^_]*_\.[^_]*_\.([A-Za-z0-9.*-]+)")
_ISTIO_PATH = re.compile(r"/apis/[^/]+/[^/]+/namespaces/([^/\s]+)/[^/\s]+/([^/\s]+)")
_POLICY = re.compile(r"ns\[([^\]]*)\]-policy\[([^\]]*)\]")
_NODE = re.compile(r"^(?:sidecar|router|waypoint|ztunnel)~[^~]*~([^~]+)~([^~]+)$")
_KEY = re.compile(r"ns\[|\||^spiffe:|_\._\.")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?")
_REMOVED_PEM = "[certificate removed by meshctl]"

# Keys whose string values are names for sure.
_NAME_KEYS = frozenset(
    [
        "NAME",
        "NAMESPACE",
        "SERVICE_ACCOUNT",
        "WORKLOAD_NAME",
        "CLUSTER_ID",
        "MESH_ID",
        "NODE_NAME",
        "service_account",
        "pod",
        "namespace",
        "node",
        "serviceAccountName",
        "nodeName",
        "generateName",
        "hostname",
        "canonical_name",
        "canonical_revision",
        "workload_name",
        "owner",
    ]
)
_LABEL_OWNERS = frozenset({"labels", "LABELS", "matchLabels"})


class Vocabulary:
    """The names that must not be seen: labels (between dots) and their parts (between hyphens)."""

    def __init__(self) -> None:
        self.labels: set[str] = set()
        self.parts: set[str] = set()

    def add(self, name: str) -> None:
        """A host name or a single name."""
        if not name or name in _WELL_KNOWN_NAMES or len(name) > 253:
            return
        for label in name.strip("*.").split("."):
            lowered = label.lower()
            if lowered in _WELL_KNOWN_NAMES or not _LABEL.fullmatch(label) or label.isdigit():
                continue
            parts = {part for part in lowered.split("-") if _is_nameable(part)}
            if parts:
                self.labels.add(lowered)
                self.parts |= parts

    def collect_text(self, text: str) -> None:
        """The names in a string of known structure."""
        for match in _SPIFFE.finditer(text):
            self.add(match[1])
            for segment in match[2].split("/"):
                self.add(segment)
        for pattern in (_CLUSTER, _SNI):
            for match in pattern.finditer(text):
                self.add(match[1].split(":")[0])
        for match in (*_ISTIO_PATH.finditer(text), *_POLICY.finditer(text)):
            self.add(match[1])
            self.add(match[2])
        node = _NODE.match(text)
        if node:
            self.add(node[1])
            self.add(node[2])

    def collect(self, value: Any, key: str = "") -> None:
        """All names in a decoded document."""
        if isinstance(value, dict):
            for name, item in value.items():
                self.collect_text(name)
                if key in _LABEL_OWNERS and isinstance(item, str):
                    self.add(item)
                self.collect(item, name)
            self._collect_object(value)
        elif isinstance(value, list):
            for item in value:
                if key in ("domains", "server_names", "hosts") and isinstance(item, str):
                    self.add(item.rsplit(":", 1)[0] if not item.startswith("[") else "")
                self.collect(item, key)
        elif isinstance(value, str):
            self.collect_text(value)
            if key in _NAME_KEYS or (key in ("host", "sni", "address") and _HOST.match(value)):
                self.add(value)

    def _collect_object(self, value: dict[str, Any]) -> None:
        """Names of Kubernetes objects, and of services in Istio's metadata."""
        metadata = value.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
            self.add(metadata["name"])
            self.add(str(metadata.get("namespace") or ""))
        services = value.get("services")
        if isinstance(services, list):
            for service in services:
                if isinstance(service, dict):
                    for key in ("host", "name", "namespace"):
                        self.add(str(service.get(key) or ""))


def _is_nameable(part: str) -> bool:
    return not (len(part) < 2 or part.isdigit() or part in _PLATFORM or re.fullmatch(r"v\d+\w{0,6}", part))


class Anonymizer:
    """Rewrites strings, documents and texts with one key and one vocabulary."""

    def __init__(self, vocabulary: Vocabulary, key: bytes) -> None:
        self._vocabulary = vocabulary
        self._key = key
        self._addresses = AddressPseudonyms(key)
        self.text = functools.lru_cache(maxsize=200_000)(self._text)

    def part(self, part: str) -> str:
        """The pseudonym of one part: a letter and five characters of its keyed hash."""
        digest = hmac.digest(self._key, part.lower().encode(), hashlib.sha256)
        return "n" + base64.b32encode(digest)[:6].decode().lower().rstrip("=")

    def label(self, label: str) -> str:
        """The pseudonym of a label, part by part."""
        if label.lower() in _WELL_KNOWN_NAMES:
            return label
        parts = self._vocabulary.parts
        return "-".join(self.part(p) if p.lower() in parts else p for p in label.split("-"))

    def _text(self, text: str) -> str:
        if not text or _UNTOUCHED.match(text):
            return text
        if "BEGIN CERTIFICATE" in text:
            text = _PEM.sub(_REMOVED_PEM, text)
        if text.startswith("LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR"):  # base64 of a PEM certificate names the mesh
            return base64.b64encode(_REMOVED_PEM.encode()).decode()
        text = self._addresses.text(text)
        return _LABEL.sub(lambda match: self._replace(match, text), text)

    def _replace(self, match: re.Match[str], text: str) -> str:
        label = match[0]
        lowered = label.lower()
        if lowered in _WELL_KNOWN_NAMES:
            return label
        if lowered in self._vocabulary.labels and self._stands_as_name(match, text):
            return self.label(label)
        distinctive = self._vocabulary.parts - _COMMON
        if any(p in distinctive and len(p) >= 4 for p in lowered.split("-")):
            return "-".join(
                self.part(p) if p.lower() in distinctive and len(p) >= 4 else p for p in label.split("-")
            )
        return label

    @staticmethod
    def _stands_as_name(match: re.Match[str], text: str) -> bool:
        """Whether a label stands where names stand: alone, or beside the separators of a structured name."""
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        return (
            (not before and not after)
            or before in {".", "|", "/", "[", "*", "~", "@", "="}
            or after in {".", "|", "]", "*", "~"}
        )

    def document(self, value: Any) -> Any:
        """A decoded document with every string rewritten, and those keys that are names."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.document(item) for item in value]
        if isinstance(value, dict):
            return {
                (self.text(key) if _KEY.search(key) else key): (
                    item if key in ("@type", "type_url") else self.document(item)
                )
                for key, item in value.items()
            }
        return value

    def json(self, data: bytes) -> bytes:
        """A JSON file, printed anew as Envoy prints (one blank of indentation)."""
        document = self.document(msgspec.json.decode(data))
        return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"

    def lines(self, text: str) -> str:
        """A text file, line by line."""
        return "\n".join(self.text(line) for line in text.split("\n"))


def leftovers(text: str, names: Iterable[str]) -> Iterator[str]:
    """The names that still stand in a text where names stand (the check after the rewrite)."""
    wanted = set(names) - _COMMON
    for match in _LABEL.finditer(text):
        lowered = match[0].lower()
        if lowered in wanted:
            yield lowered
