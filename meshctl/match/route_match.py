"""RouteMatch compiled: all criteria of one route, the first that fails, and a readable text.

Theory of operation. Every form of path match sees the path without its query; only CONNECT is without a path,
and only connect_matcher takes it. case_sensitive: false holds for prefix, path and path_separated_prefix, not
for regexes and templates. All criteria must hold; runtime_fraction is a chance, decided by the caller's draw.
Follows envoy.config.route.v3.RouteMatch and source/common/router/config_impl.cc (RouteEntryImplBase).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator

from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.api.config_core_v3 import TypedExtensionConfig
from meshctl.envoy.api.extensions_path_match_uri_template_v3 import UriTemplateMatchConfig
from meshctl.envoy.api.type_matcher_v3 import FilterStateMatcher
from meshctl.envoy.message import Message, Undecidable
from meshctl.match import grpc, header_match, string_match, uri_template
from meshctl.match.fraction import Fraction, Runtime
from meshctl.match.header_match import Criterion
from meshctl.match.metadata_match import metadata
from meshctl.match.request_view import RequestView
from meshctl.plain import Json
from meshctl.values import Struct


class PathKind(enum.Enum):
    """The path specifier of a route; the value is its field."""

    PREFIX = "prefix"
    EXACT = "path"
    REGEX = "safe_regex"
    SEPARATED = "path_separated_prefix"
    TEMPLATE = "path_match_policy"
    CONNECT = "connect_matcher"


class PathMatch(Struct, frozen=True):
    """The path specifier: its kind, its value and whether case counts."""

    kind: PathKind
    value: str
    ignore_case: bool = False

    @property
    def text(self) -> str:
        shown = {
            PathKind.PREFIX: f"prefix {self.value}",
            PathKind.EXACT: f"path {self.value}",
            PathKind.REGEX: f"regex {self.value}",
            PathKind.SEPARATED: f"path-separated prefix {self.value}",
            PathKind.TEMPLATE: f"template {self.value}",
            PathKind.CONNECT: "CONNECT",
        }[self.kind]
        return f"{shown} (any case)" if self.ignore_case else shown


class RouteMatch(Struct, frozen=True):
    """All conditions of a route."""

    path: PathMatch
    criteria: tuple[Criterion, ...]
    fraction: Fraction | None = None

    def matches(self, view: RequestView) -> bool:
        """Whether everything but the chance of runtime_fraction holds.

        Raises Undecidable where one condition cannot be known and no other fails.
        """
        doubt: Undecidable | None = None
        for criterion in self.criteria:
            try:
                if not criterion.holds(view):
                    return False
            except Undecidable as unknown:
                doubt = doubt or unknown
        if doubt is not None:
            raise doubt
        return True

    def passed(self, view: RequestView) -> int:
        """How many criteria hold before the first that fails: near misses have many."""
        for index, criterion in enumerate(self.criteria):
            if _fails(criterion, view):
                return index
        return len(self.criteria)

    def failure(self, view: RequestView) -> str:
        """The first criterion that fails, in words; "" when all hold or may hold."""
        for criterion in self.criteria:
            if _fails(criterion, view):
                return criterion.failure(view)
        return ""

    @property
    def text(self) -> str:
        """As a reader wants it: the path, then the other conditions."""
        parts = [self.path.text, *(criterion.text for criterion in self.criteria[1:])]
        if self.fraction is not None:
            parts.append(f"{self.fraction.text} of requests")
        return ", ".join(parts)


def _fails(criterion: Criterion, view: RequestView) -> bool:
    try:
        return not criterion.test(view)
    except Undecidable:
        return False


def _path(wanted: api.RouteMatch) -> PathMatch:
    """The path specifier; without one the route takes every path."""
    ignore_case = wanted.case_sensitive is False
    match wanted.path_specifier:
        case "prefix" | "path" | "path_separated_prefix" as name:
            return PathMatch(PathKind(name), getattr(wanted, name), ignore_case)
        case "safe_regex" if wanted.safe_regex is not None:
            return PathMatch(PathKind.REGEX, wanted.safe_regex.regex)
        case "regex":  # before 2021
            return PathMatch(PathKind.REGEX, wanted.regex)
        case "path_match_policy" if wanted.path_match_policy is not None:
            return _policy(wanted.path_match_policy)
        case "connect_matcher":
            return PathMatch(PathKind.CONNECT, "")
        case _:
            return PathMatch(PathKind.PREFIX, "")


def _policy(policy: TypedExtensionConfig) -> PathMatch:
    template = policy.typed_config.as_(UriTemplateMatchConfig) if policy.typed_config is not None else None
    if template is None:
        raise Undecidable(f"the path match policy {policy.name} is not evaluated")
    return PathMatch(PathKind.TEMPLATE, template.path_template)


def _path_test(path: PathMatch) -> Callable[[str], bool]:
    """The test of a path without query."""
    want = path.value
    if path.kind is PathKind.REGEX:
        return string_match.full_match(want)
    if path.kind is PathKind.TEMPLATE:
        return string_match.full_match(uri_template.parse(want).regex)
    if path.kind is PathKind.SEPARATED:
        want = want.lower() if path.ignore_case else want
        fold = str.lower if path.ignore_case else str
        slash = want + "/"
        return lambda value: fold(value) == want or fold(value).startswith(slash)
    return string_match.plain(
        "exact" if path.kind is PathKind.EXACT else "prefix", want, path.ignore_case
    ).test


def _path_criterion(path: PathMatch, ignore_parameters: bool) -> Criterion:
    if path.kind is PathKind.CONNECT:
        return Criterion(
            "method",
            "CONNECT",
            lambda view: view.is_connect or view.first("upgrade").lower() == "connect-udp",
            lambda view: f"is {view.first(':method')}",
        )
    inner = _path_test(path)

    every = path.kind is PathKind.PREFIX and path.value in ("", "/")

    def test(view: RequestView) -> bool:
        if every and view.pathless:
            return True  # whatever the path is; only CONNECT has none
        return view.target is not None and inner(view.path)

    def test_without_parameters(view: RequestView) -> bool:
        return view.target is not None and inner(view.path.split(";", 1)[0])

    def seen(view: RequestView) -> str:
        return f"is `{view.path}`" if view.target is not None else "is absent (CONNECT)"

    return Criterion("path", path.text, test_without_parameters if ignore_parameters else test, seen)


def _tls_criteria(wanted: api.RouteMatch.TlsContextMatchOptions | None) -> list[Criterion]:
    """TlsContextMatchOptions; without TLS nothing was presented."""
    found: list[Criterion] = []
    if wanted is None:
        return found
    if wanted.presented is not None:
        presented = wanted.presented
        found.append(
            Criterion(
                "client certificate",
                "presented" if presented else "absent",
                lambda view: (view.peer is not None) == presented,
                lambda view: "was presented" if view.peer else "is absent",
            )
        )
    if wanted.validated is not None:
        valid = wanted.validated
        found.append(
            Criterion(
                "client certificate",
                "validated" if valid else "not validated",
                lambda view: (view.peer is not None and view.peer.validated) == valid,
                lambda view: "was validated" if view.peer and view.peer.validated else "is not validated",
            )
        )
    return found


def _filter_state(message: Json) -> Criterion:
    wanted = FilterStateMatcher(message)
    return header_match.known("a filter state condition", lambda: _filter_state_value(wanted), wanted)


def _filter_state_value(wanted: FilterStateMatcher) -> Criterion:
    key, subject = wanted.key, f"filter state `{wanted.key}`"
    if wanted.matcher != "string_match" or wanted.string_match is None:
        return header_match.undecided(subject, f"{subject} is asked for by {wanted.matcher or 'nothing'}")
    matcher = string_match.parse(wanted.string_match.raw)

    def test(view: RequestView) -> bool:
        value = view.state(key)
        return value is not None and matcher.test(value)

    return Criterion(subject, matcher.text, test, lambda view: f"is `{view.filter_state.get(key)}`")


def undecided(reason: str) -> RouteMatch:
    """A match that cannot be read: it may take any request."""
    return RouteMatch(PathMatch(PathKind.PREFIX, ""), (header_match.undecided("the route's match", reason),))


def _grpc_criterion() -> Criterion:
    def seen(view: RequestView) -> str:
        kind = view.first("content-type")
        return f"is `{kind}`" if kind else "is absent"

    return Criterion("content-type", "application/grpc", lambda view: grpc.is_grpc(view.headers), seen)


def _plain(wanted: api.RouteMatch) -> Iterator[Message]:
    """The messages of a match that are no conditions of their own; one that cannot be read is doubted where it is read."""
    for name in ("safe_regex", "grpc", "tls_context", "connect_matcher", "path_match_policy"):
        try:
            one = getattr(wanted, name) if name in wanted.raw else None
        except Undecidable:
            continue
        if one is not None:
            yield one


def parse(message: Json, runtime: Runtime, *, ignore_path_parameters: bool = False) -> RouteMatch:
    """A compiled RouteMatch; a condition that meshctl does not know never counts as met."""
    try:
        wanted = api.RouteMatch(message)
    except Undecidable as unknown:
        return undecided(unknown.reason)
    strange = [
        *wanted.unknown,
        *(f"{one.TYPE.rpartition('.')[2]}.{name}" for one in _plain(wanted) for name in one.unknown_inside),
    ]
    doubts = [f"the route's match has {name}, which meshctl does not know" for name in strange]

    def read(build: Callable[[], list[Criterion]]) -> list[Criterion]:
        try:
            return build()
        except Undecidable as unknown:
            doubts.append(unknown.reason)
            return []

    path = PathMatch(PathKind.PREFIX, "")
    try:
        path = _path(wanted)
    except Undecidable as unknown:
        doubts.append(unknown.reason)
    criteria = [
        _path_criterion(path, ignore_path_parameters),
        *read(lambda: [] if wanted.grpc is None else [_grpc_criterion()]),
        *read(lambda: [header_match.header(m.raw) for m in wanted.headers]),
        *read(lambda: [header_match.query_parameter(m.raw) for m in wanted.query_parameters]),
        *read(lambda: [header_match.cookie(m.raw) for m in wanted.cookies]),
        *read(lambda: _tls_criteria(wanted.tls_context)),
        *read(lambda: [metadata(m.raw) for m in wanted.dynamic_metadata]),
        *read(lambda: [_filter_state(m.raw) for m in wanted.filter_state]),
    ]
    fraction: Fraction | None = None
    try:
        chance = wanted.runtime_fraction
        fraction = None if chance is None else runtime.fraction(chance.raw)
    except Undecidable as unknown:
        doubts.append(unknown.reason)
    criteria += [header_match.undecided("the route's match", doubt) for doubt in dict.fromkeys(doubts)]
    return RouteMatch(path, tuple(criteria), fraction)
