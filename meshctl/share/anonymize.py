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
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.share.addresses import AddressPseudonyms
from meshctl.share.paths import PathPseudonyms
from meshctl.share.shapes import compiled

# Names of the platform, the same in every mesh.
_PLATFORM = frozenset(
    (
        "svc cluster local com org net io www default kube system istio istiod ingressgateway egressgateway "
        "kubernetes dns coredns metrics headless ns sa td spiffe outbound inbound vip tcp udp http https "
        "http1 http2 h2 h2c grpc tls mtls allow any block all passthrough passthroughcluster "
        "blackholecluster inboundpassthroughcluster prometheus stats agent xds sds virtualinbound "
        "virtualoutbound catchall blackhole localhost subset policy rule name namespace version latest "
        "stable canary none true false null unknown region zone "
        "sidecar router waypoint ztunnel ambient injector injection revision rev tag validator validation webhook "
        "remote eastwestgateway east west cni pilot discovery redirect tproxy "
        "docker gcr ghcr quay hub googleapis k8s proxyv2 tls crt token docs google envoy"
    ).split()
)
_WELL_KNOWN_NAMES = frozenset(
    (
        "istio-system kube-system kube-public kube-node-lease kube-dns istio-ingressgateway "
        "istio-egressgateway metrics-server istio-proxy istio-init istio-validation istio-cni "
        "istio-reader default cluster-local cluster.local"
    ).split()
)
# Words too common to be replaced in a running text.
_COMMON = frozenset(
    (
        "server client api web frontend backend proxy gateway service app user admin data cache db redis "
        "mysql mongo postgres kafka queue worker job auth login token key host path header request "
        "response error info debug secure public private external internal main master primary replica "
        "node mesh test example global shop store payment order cart echo sleep"
    ).split()
)
# What Envoy's own names begin with; ``envoy.example.com`` is a host like others.
_ENVOYS = (
    "admin|annotations|api|clusters|common|compression|config|data|dns|extensions|file|filters?|formatter|generic|grpc|health|http|"
    "injected|kafka|key|lb|listener|matching|network|path|quic|rate|rbac|reloadable|request|resource|restart|retry|route|router|"
    "server|service|stat|string|tap|tcp|tls|tracers|transport|type|udp|upstreams?|wasm|watchdog"
)
_UNTOUCHED = re.compile(
    r"^(?:type\.googleapis\.com/|envoy\.(?:\w+_\w+|"
    + _ENVOYS
    + r")\b|udpa\.|xds\.(?:type|core|data|service)\.|google\.(?:protobuf|api|rpc|iam)\.|io\.istio\.|istio\.(?:stats|alpn|metadata)|"
    r"networking\.istio\.io|security\.istio\.io|[0-9.]+s$|[A-Z][A-Z0-9_]*$|\d{4}-\d\d-\d\dT[0-9:.Z]+$)"
)
_URL = re.compile(r"^(https?|grpc|tcp)://([^/?#]*)(.*)$", re.DOTALL)
_PORT = re.compile(r":\d+")
_BEFORE_NAMES = frozenset({".", "|", "/", "[", "]", "*", "~", "@", "="})
_AFTER_NAMES = frozenset({".", "|", "[", "]", "\\", "*", "~", "@"})
_EMAIL = re.compile(r"([A-Za-z0-9._+-]{1,64})@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})")
_HOST_OF_URL = re.compile(r"\b(?:https?|grpcs?|oci|tcp|ws|wss)://(?:[^/?#\s\"'@]*@)?([A-Za-z0-9.-]{1,253})")
_IMAGE = re.compile(r"[A-Za-z0-9][\w.:-]*(?:/[\w.-]+)+(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?")
# Keys of annotations and labels that are not a mesh's own.
_KEY_DOMAIN = re.compile(
    r"^(?!(?:[\w.-]+\.)?(?:istio|kubernetes|k8s|gateway\.networking\.k8s|helm|cncf|envoyproxy)\.(?:io|sh)/)([\w-]+(?:\.[\w-]+)+)/"
)
# A path of a request or a file: what it matches must stay, and only Istio's own paths hold names.
_PATH = re.compile(r"^\^?/(?!apis/|ns/)")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_HOST = re.compile(r"^(?:\*\.|\*)?[a-z0-9](?:[a-z0-9-]*)(?:\.[a-z0-9-]+)+\.?$")
_SPIFFE = re.compile(r"spiffe://([^/\s\"',;]+)((?:/[^/\s\"',;]+)*)")
_CLUSTER = re.compile(r"(?:^|[.\s])(?:outbound|inbound|inbound-vip)\|[^|]*\|[^|]*\|([^|;\s]+)")
_SNI = re.compile(r"(?:outbound|inbound)_\.[^_]*_\.[^_]*_\.([A-Za-z0-9.*-]+)")
_ISTIO_PATH = re.compile(r"/apis/[^/]+/[^/]+/namespaces/([^/\s]+)/[^/\s]+/([^/\s]+)")
_POLICY = re.compile(r"ns\[([^\]\[]{0,253})\]-policy\[([^\]\[]{0,253})\]")
_NODE = re.compile(r"^(?:sidecar|router|waypoint|ztunnel)~[^~]*~([^~]+)~([^~]+)$")
_KEY = re.compile(r"ns\[|\||^spiffe:|_\._\.|^[\w-]+(?:\.[\w-]+)+(?:/|$)")
_PEM = r"-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?"
_REMOVED_PEM = "[certificate removed by meshctl]"

# Keys whose string values are names for sure.
_NAME_KEYS = frozenset(
    (
        "NAME NAMESPACE SERVICE_ACCOUNT WORKLOAD_NAME CLUSTER_ID MESH_ID NODE_NAME service_account pod "
        "namespace node serviceAccountName nodeName generateName hostname canonical_name "
        "canonical_revision workload_name owner secretName configMapName credentialName claimName zone region sub_zone "
        "subZone cluster_id clusterID clusterName cluster_name_of_mesh"
    ).split()
)
# Keys whose string values are hosts where they look like one.
_HOST_KEYS = frozenset(
    (
        "host sni address authority host_redirect host_rewrite host_rewrite_literal hostRewriteLiteral hostRedirect issuer "
        "jwksUri jwks_uri domain"
    ).split()
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
        for match in _EMAIL.finditer(text):
            for part in (*re.split(r"[._+]", match[1]), match[2]):
                self.add(part)
        for match in _HOST_OF_URL.finditer(text):
            self.add_host(match[1])
        node = _NODE.match(text)
        if node:
            self.add(node[1])
            self.add(node[2])

    def collect(self, value: Any, key: str = "") -> None:
        """All names in a decoded document."""
        if isinstance(value, dict):
            for name, item in value.items():
                self.collect_text(name)
                if domain := _KEY_DOMAIN.match(name):
                    self.add(domain[1])
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
            if key in _NAME_KEYS:
                self.add(value)
            elif key in _HOST_KEYS and _HOST.match(value.partition(":")[0]):
                self.add(value.partition(":")[0])
            elif key == "image" and _IMAGE.fullmatch(value):
                self._add_image(value)

    def add_host(self, host: str) -> None:
        """A host of a URL, but for an address."""
        if not re.fullmatch(r"[0-9.:]*", host):
            self.add(host)

    def _add_image(self, image: str) -> None:
        """The registry and the folders of an image; the platform's own stay."""
        registry, *folders = image.split("@")[0].split("/")
        for name in (registry.partition(":")[0], *(folder.partition(":")[0] for folder in folders)):
            for part in name.split("_"):
                self.add(part)

    def _collect_object(self, value: dict[str, Any]) -> None:
        """Names of Kubernetes objects, and of services in Istio's metadata."""
        metadata = value.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
            self.add(metadata["name"])
            self.add(str(metadata.get("namespace") or ""))
        for holder in (
            "ownerReferences",
            "configMap",
            "secret",
            "secretKeyRef",
            "configMapKeyRef",
            "secretRef",
            "configMapRef",
        ):
            held = value.get(holder)
            for one in held if isinstance(held, list) else [held]:
                if isinstance(one, dict) and isinstance(one.get("name"), str):
                    self.add(one["name"])
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

    def __init__(self, vocabulary: Vocabulary, key: bytes, *, paths: bool = False) -> None:
        """``paths``: the paths of requests are renamed, too."""
        self.vocabulary = vocabulary
        self._paths = PathPseudonyms(key) if paths else None
        self._key = key
        self._addresses = AddressPseudonyms(key)
        self.text = functools.lru_cache(maxsize=200_000)(self._text)
        self._distinctive = frozenset(p for p in vocabulary.parts - _COMMON if len(p) >= 4)

    def part(self, part: str) -> str:
        """The pseudonym of one part: a letter and five characters of its keyed hash."""
        digest = hmac.digest(self._key, part.lower().encode(), hashlib.sha256)
        pseudonym = "N" + base64.b32encode(digest)[:6].decode()
        return pseudonym if part.isupper() else pseudonym.lower()

    def label(self, label: str) -> str:
        """The pseudonym of a label, part by part."""
        if label.lower() in _WELL_KNOWN_NAMES:
            return label
        parts = self.vocabulary.parts
        return "-".join(self.part(p) if p.lower() in parts else p for p in label.split("-"))

    def _text(self, text: str, running: bool = True) -> str:
        """A string rewritten; ``running``: distinctive names are replaced in the middle of a sentence too."""
        if not text or _UNTOUCHED.match(text):
            return text
        if "BEGIN CERTIFICATE" in text:
            text = compiled(_PEM).sub(_REMOVED_PEM, text)
        if text.startswith("LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR"):  # base64 of a PEM certificate names the mesh
            return base64.b64encode(_REMOVED_PEM.encode()).decode()
        url = _URL.match(text)
        if url:  # of a URL only the host holds names: its path is matched by routes
            return f"{url[1]}://{self._text(url[2])}{self._path(url[3])}"
        text = self._addresses.text(text)
        if _PATH.match(text):
            return self._path(text)
        return _LABEL.sub(lambda match: self._replace(match, text, running), text)

    def _path(self, path: str) -> str:
        return path if self._paths is None else self._paths.text(path)

    def _replace(self, match: re.Match[str], text: str, running: bool) -> str:
        label = match[0]
        lowered = label.lower()
        if lowered in _WELL_KNOWN_NAMES:
            return label
        if lowered in self.vocabulary.labels and self._stands_as_name(match, text):
            return self.label(label)
        if not running or label != lowered:
            return label
        return "-".join(self.part(p) if p in self._distinctive else p for p in label.split("-"))

    @staticmethod
    def _stands_as_name(match: re.Match[str], text: str) -> bool:
        """Whether a label stands where names stand: alone, or beside the separators of a structured name."""
        before, rest = text[: match.start()][-1:], text[match.end() :]
        alone = not before and (not rest or _PORT.fullmatch(rest) is not None)
        return alone or before in _BEFORE_NAMES or rest[:1] in _AFTER_NAMES

    def names_in(self, value: Any, running: bool = True) -> Iterator[str]:
        """Original names that stand in a decoded document or a text: none may, after the rewrite."""
        if isinstance(value, dict):
            for key, item in value.items():
                if _KEY.search(key):
                    yield from self.names_in(key)
                if key not in ("@type", "type_url"):
                    yield from self.names_in(item)
        elif isinstance(value, list):
            for item in value:
                yield from self.names_in(item, running)
        elif isinstance(value, str) and not _UNTOUCHED.match(value) and not _PATH.match(value):
            url = _URL.match(value)
            value = url[2] if url else value
            for match in _LABEL.finditer(value):
                if self._replace(match, value, running) != match[0]:
                    yield match[0]

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
        """A text file (rules, a log), line by line: its words are netfilter's, so names are replaced only where
        they stand in the structure of a name."""
        return "\n".join(self._text(line, running=False) for line in text.split("\n"))
