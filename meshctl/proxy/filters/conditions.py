"""Permissions and principals of RBAC: conditions on a request or a connection, with words for what fails.

Theory of operation. Both have the same forms, and what a form looks at is a ``Subject``. A caller is known by the
URI names, DNS names and subject of its certificate, one match is enough. HTTP conditions on a connection never match.
Follows source/extensions/filters/common/rbac/matchers.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from meshctl.envoy.api.config_core_v3 import CidrRange, TypedExtensionConfig
from meshctl.envoy.api.config_rbac_v3 import Permission, Principal, SourcedMetadata
from meshctl.envoy.api.config_route_v3 import HeaderMatcher
from meshctl.envoy.api.extensions_path_match_uri_template_v3 import UriTemplateMatchConfig
from meshctl.envoy.api.extensions_rbac_principals_mtls_authenticated_v3 import Config as MtlsAuthenticated
from meshctl.envoy.api.type_matcher_v3 import FilterStateMatcher, MetadataMatcher, PathMatcher, StringMatcher
from meshctl.envoy.api.type_v3 import Int32Range
from meshctl.envoy.message import Message, Undecidable
from meshctl.match import address_ranges, header_match, metadata_match, string_match, uri_template
from meshctl.match.request_view import Peer, RequestView
from meshctl.patterns import expression
from meshctl.values import Struct, field

Json = dict[str, Any]
M = TypeVar("M", bound=Message)


class Subject(Struct, frozen=True):
    """What RBAC looks at: the connection, and the request if there is one."""

    dst_ip: str
    dst_port: int
    direct_ip: str
    remote_ip: str
    sni: str
    tls: bool
    peer: Peer | None
    view: RequestView | None = None
    route: Json | None = None  # the route's message; None where no route takes the request
    metadata: Json = field(default_factory=dict)  # of a connection, where there is no request
    state: Mapping[str, str] = field(default_factory=dict)
    remote_port: int | None = None  # beside remote_ip; None: not told
    source_ip: str = ""  # of the connection, as a PROXY header tells it; an XFF header does not change it

    @property
    def principal(self) -> str:
        return self.peer.principal if self.peer is not None else ""


Test = Callable[[Subject], bool]


class Condition(Struct, frozen=True):
    """A compiled permission or principal; ``failure`` tells the first part that does not hold."""

    text: str
    test: Test
    seen: Callable[[Subject], str] = lambda subject: ""
    parts: tuple[Condition, ...] = ()
    joint: str = ""  # "and" or "or" where it has several parts: inside of the other it stands in parentheses

    def failure(self, subject: Subject) -> str:
        for part in self.parts:
            if _fails(part.test, subject):
                return part.failure(subject)
        seen = self.seen(subject)
        return f"{seen}, wants {self.text}" if seen else f"wants {self.text}"


def every(tests: Iterable[Test]) -> Test:
    """Whether all hold: one that does not decides, whatever of the others is not known."""
    known = tuple(tests)

    def test(subject: Subject) -> bool:
        unknown: Undecidable | None = None
        for one in known:
            try:
                if not one(subject):
                    return False
            except Undecidable as found:
                unknown = unknown or found
        if unknown is not None:
            raise unknown
        return True

    return test


def some(tests: Iterable[Test]) -> Test:
    """Whether any holds: one that does decides, whatever of the others is not known."""
    none_of_them = every([_inverted(one) for one in tests])
    return lambda subject: not none_of_them(subject)


def _inverted(test: Test) -> Test:
    return lambda subject: not test(subject)


def _all(parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    return Condition(
        _joined(parts, "and") or "anything",
        every(part.test for part in parts),
        parts=tuple(parts),
        joint="and",
    )


def _fails(test: Test, subject: Subject) -> bool:
    try:
        return not test(subject)
    except Undecidable:
        return False


def _joined(parts: list[Condition], word: str) -> str:
    """Their texts with a word between; a part that is joined by the other word in parentheses."""
    texts = (f"({part.text})" if part.joint not in ("", word) else part.text for part in parts)
    return f" {word} ".join(texts)


def any_of(parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    seen = parts[0].seen if parts else (lambda subject: "")
    return Condition(_joined(parts, "or") or "nothing", some(part.test for part in parts), seen, joint="or")


def _not(inner: Condition) -> Condition:
    return Condition(f"not ({inner.text})", lambda s: not inner.test(s), inner.seen)


def condition(message: Json) -> Condition:
    """A Permission or a Principal: they share their forms."""
    for key, value in message.items():
        form = _FORMS.get(key)
        if form is not None:
            return form(value)
    return _unknown(next(iter(message), "nothing"))


def _unknown(name: str) -> Condition:
    def test(_: Subject) -> bool:
        raise Undecidable(f"the RBAC condition {name} is not evaluated")

    return Condition(name, test)


def _any_value(value: Any) -> Condition:
    return Condition("anyone" if value else "no one", lambda _: bool(value))


def _request(criterion: header_match.Criterion) -> Condition:
    """A condition on a request; a connection has none, so it does not hold there."""

    def seen(subject: Subject) -> str:
        if subject.view is None:
            return "a connection has no request"
        return f"{criterion.subject} {criterion.seen(subject.view)}"

    return Condition(criterion.text, lambda s: s.view is not None and criterion.holds(s.view), seen)


def _string(matcher: StringMatcher | None) -> string_match.StringMatch:
    return string_match.parse(matcher.raw if matcher is not None else {})


def _url_path(wanted: PathMatcher) -> Condition:
    matcher = _string(wanted.path)
    return Condition(
        f"path {matcher.text}",
        lambda s: s.view is not None and s.view.target is not None and matcher.test(s.view.path),
        lambda s: f"path is `{s.view.path}`" if s.view is not None else "a connection has no request",
    )


def _uri_template(extension: TypedExtensionConfig) -> Condition:
    found = extension.typed_config.as_(UriTemplateMatchConfig) if extension.typed_config is not None else None
    if found is None:
        return _unknown(_named(extension))
    template = found.path_template
    test = string_match.full_match(uri_template.parse(template).regex)
    return Condition(
        f"path template `{template}`",
        lambda s: s.view is not None and test(s.view.path),
        lambda s: f"path is `{s.view.path}`" if s.view is not None else "a connection has no request",
    )


def _metadata(wanted: MetadataMatcher) -> Condition:
    """Dynamic metadata, of the request or of the connection."""
    criterion = metadata_match.metadata(wanted.raw)

    def test(subject: Subject) -> bool:
        return criterion.test(subject.view or RequestView({}, metadata=subject.metadata))

    return Condition(criterion.text, test, lambda s: "" if s.view is None else criterion.seen(s.view))


def _sourced_metadata(wanted: SourcedMetadata) -> Condition:
    """Metadata of the request, or with ROUTE that of the route's own message; without a route never met."""
    matcher = wanted.metadata_matcher or MetadataMatcher({})
    if wanted.metadata_source == "DYNAMIC":
        return _metadata(matcher)
    criterion = metadata_match.metadata(matcher.raw)

    def of_route(subject: Subject) -> RequestView:
        found = ((subject.route or {}).get("metadata") or {}).get("filter_metadata") or {}
        return RequestView({}, metadata=found)

    return Condition(
        f"route {criterion.text}",
        lambda s: s.route is not None and criterion.test(of_route(s)),
        lambda s: f"route {criterion.subject} {criterion.seen(of_route(s))}",
    )


def _address(what: str, get: Callable[[Subject], str]) -> Callable[[CidrRange], Condition]:
    def build(wanted: CidrRange) -> Condition:
        cidr = address_ranges.parse(wanted.raw)
        if cidr is None:
            return _unknown(f"{what} {wanted.raw}")

        def test(subject: Subject) -> bool:
            address = get(subject)
            if not address:
                raise Undecidable(f"the {what} is not known")
            return address_ranges.contains(cidr, address)

        return Condition(f"{what} in {cidr.text}", test, lambda s: f"{what} is {get(s)}")

    return build


def _port(value: Any) -> Condition:
    return Condition(f"port {value}", lambda s: s.dst_port == int(value), lambda s: f"port is {s.dst_port}")


def _port_range(bounds: Int32Range) -> Condition:
    start, end = bounds.start, bounds.end
    return Condition(
        f"port in [{start}, {end})", lambda s: start <= s.dst_port < end, lambda s: f"port is {s.dst_port}"
    )


def _server_name(wanted: StringMatcher) -> Condition:
    matcher = _string(wanted)
    return Condition(
        f"SNI {matcher.text}",
        lambda s: matcher.test(s.sni),
        lambda s: f"SNI is {s.sni}" if s.sni else "SNI is absent",
    )


# What asks for a certificate's subject: ``CN=...``.
_SUBJECT = expression(r"\b[A-Z]{1,3}\\?=")


def _authenticated(wanted: Principal.Authenticated) -> Condition:
    """The names of the caller's certificate, in this order: URIs, DNS names, the subject; one match is enough."""
    name = wanted.principal_name
    if name is None or not name.raw:
        return Condition("any client with TLS", lambda s: s.tls, lambda s: "the connection is plain text")
    matcher = _string(name)

    def test(subject: Subject) -> bool:
        if not subject.tls:
            return False
        peer = subject.peer or Peer()
        if any(map(matcher.test, (*peer.uris, *peer.dns))):
            return True
        if not peer.subject and subject.peer is not None and _SUBJECT.search(matcher.text):
            raise Undecidable("the subject of the client's certificate is not known")
        return matcher.test(peer.subject)

    return Condition(f"caller {matcher.text}", test, _caller_seen)


def _mtls_authenticated(wanted: MtlsAuthenticated) -> Condition:
    """A caller with a validated certificate; its names may be asked for one by one."""
    san = wanted.san_matcher
    matcher = _string(san.matcher) if san is not None and san.raw else None
    kind = str(san.san_type) if san is not None and san.raw else ""

    def test(subject: Subject) -> bool:
        if not subject.tls or subject.peer is None or not subject.peer.validated:
            return False
        if matcher is None:
            return True
        if kind not in ("URI", "DNS"):
            raise Undecidable(
                f"the RBAC condition mtls_authenticated with names of type {kind} is not evaluated"
            )
        return any(map(matcher.test, subject.peer.uris if kind == "URI" else subject.peer.dns))

    text = (
        f"caller {kind} {matcher.text}" if matcher is not None else "any client with a validated certificate"
    )
    return Condition(text, test, _caller_seen)


def _named(extension: TypedExtensionConfig) -> str:
    """An extension by the last word of its type, else by its name."""
    packed = extension.typed_config
    return (packed.type_name.rpartition(".")[2] if packed is not None else "") or extension.name or "custom"


def _custom_principal(extension: TypedExtensionConfig) -> Condition:
    """A principal by extension."""
    packed = extension.typed_config
    found = packed.as_(MtlsAuthenticated) if packed is not None else None
    return _unknown(_named(extension)) if found is None else _mtls_authenticated(found)


def _caller_seen(subject: Subject) -> str:
    if not subject.tls:
        return "the connection is plain text, the caller has no identity"
    return f"caller is {subject.principal or 'without a certificate'}"


_PEER_STATES = {"io.istio.peer_principal"}


def _filter_state(wanted: FilterStateMatcher) -> Condition:
    """Filter state; Istio keeps the caller's identity in io.istio.peer_principal."""
    key = wanted.key
    if wanted.string_match is None:
        return _unknown(f"filter state {key}")
    matcher = _string(wanted.string_match)
    if key in _PEER_STATES:
        return Condition(
            f"caller {matcher.text}", lambda s: bool(s.principal) and matcher.test(s.principal), _caller_seen
        )

    def state(subject: Subject) -> str | None:
        return (subject.view or RequestView({}, filter_state=subject.state)).state(key)

    def test(subject: Subject) -> bool:
        found = state(subject)
        return found is not None and matcher.test(found)

    return Condition(
        f"filter state {key} {matcher.text}", test, lambda s: f"filter state {key} is {state(s) or 'absent'}"
    )


def _parts(joined: Permission.Set | Principal.Set) -> list[Condition]:
    parts = joined.rules if isinstance(joined, Permission.Set) else joined.ids
    return [condition(part.raw) for part in parts]


def _typed(kind: type[M], build: Callable[[M], Condition]) -> Callable[[Any], Condition]:
    """A form that is made of a message."""

    def made(value: Any) -> Condition:
        return build(kind(value))

    return made


_FORMS: dict[str, Callable[[Any], Condition]] = {
    "any": _any_value,
    "and_rules": _typed(Permission.Set, lambda joined: _all(_parts(joined))),
    "or_rules": _typed(Permission.Set, lambda joined: any_of(_parts(joined))),
    "and_ids": _typed(Principal.Set, lambda joined: _all(_parts(joined))),
    "or_ids": _typed(Principal.Set, lambda joined: any_of(_parts(joined))),
    "not_rule": _typed(Permission, lambda inner: _not(condition(inner.raw))),
    "not_id": _typed(Principal, lambda inner: _not(condition(inner.raw))),
    "header": _typed(HeaderMatcher, lambda wanted: _request(header_match.header(wanted.raw))),
    "url_path": _typed(PathMatcher, _url_path),
    "uri_template": _typed(TypedExtensionConfig, _uri_template),
    "metadata": _typed(MetadataMatcher, _metadata),
    "sourced_metadata": _typed(SourcedMetadata, _sourced_metadata),
    "destination_ip": _typed(CidrRange, _address("destination address", lambda s: s.dst_ip)),
    "source_ip": _typed(CidrRange, _address("source address", lambda s: s.source_ip or s.direct_ip)),
    "direct_remote_ip": _typed(CidrRange, _address("source address", lambda s: s.direct_ip)),
    "remote_ip": _typed(CidrRange, _address("client address", lambda s: s.remote_ip)),
    "destination_port": _port,
    "destination_port_range": _typed(Int32Range, _port_range),
    "requested_server_name": _typed(StringMatcher, _server_name),
    "authenticated": _typed(Principal.Authenticated, _authenticated),
    "custom": _typed(TypedExtensionConfig, _custom_principal),
    "filter_state": _typed(FilterStateMatcher, _filter_state),
    "matcher": _typed(TypedExtensionConfig, _uri_template),
}
