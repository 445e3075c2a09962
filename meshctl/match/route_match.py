"""RouteMatch compiled: all criteria of one route, the first that fails, and a readable text.

Theory of operation. Every form of path match sees the path without its query; only CONNECT is without a path,
and only connect_matcher takes it. case_sensitive: false holds for prefix, path and path_separated_prefix, not
for regexes and templates. All criteria must hold; runtime_fraction is a chance, decided by the caller's draw.
Follows envoy.config.route.v3.RouteMatch and source/common/router/config_impl.cc (RouteEntryImplBase).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.match import grpc, header_match, string_match, uri_template
from meshctl.match.fraction import Fraction, Runtime
from meshctl.match.header_match import Criterion
from meshctl.match.metadata_match import metadata
from meshctl.match.request_view import RequestView

Json = dict[str, Any]


class PathKind(enum.Enum):
    """The path specifier of a route; the value is its field."""

    PREFIX = "prefix"
    EXACT = "path"
    REGEX = "safe_regex"
    SEPARATED = "path_separated_prefix"
    TEMPLATE = "path_match_policy"
    CONNECT = "connect_matcher"


@dataclass(frozen=True, slots=True)
class PathMatch:
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


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """All conditions of a route."""

    path: PathMatch
    criteria: tuple[Criterion, ...]
    fraction: Fraction | None = None

    def matches(self, view: RequestView) -> bool:
        """Whether everything but the chance of runtime_fraction holds."""
        return all(criterion.test(view) for criterion in self.criteria)

    def passed(self, view: RequestView) -> int:
        """How many criteria hold before the first that fails: near misses have many."""
        for index, criterion in enumerate(self.criteria):
            if not criterion.test(view):
                return index
        return len(self.criteria)

    def failure(self, view: RequestView) -> str:
        """The first criterion that fails, in words; "" when all hold."""
        for criterion in self.criteria:
            if not criterion.test(view):
                return criterion.failure(view)
        return ""

    @property
    def text(self) -> str:
        """As a reader wants it: the path, then the other conditions."""
        parts = [self.path.text, *(criterion.text for criterion in self.criteria[1:])]
        if self.fraction is not None:
            parts.append(f"{self.fraction.text} of requests")
        return ", ".join(parts)


def _path(message: Json) -> PathMatch:
    ignore_case = message.get("case_sensitive") is False
    for kind in (PathKind.PREFIX, PathKind.EXACT, PathKind.SEPARATED):
        if kind.value in message:
            return PathMatch(kind, str(message[kind.value]), ignore_case)
    if "safe_regex" in message:
        return PathMatch(PathKind.REGEX, str(message["safe_regex"].get("regex", "")))
    if "path_match_policy" in message:
        _, fields = unpack(message["path_match_policy"].get("typed_config"))
        return PathMatch(PathKind.TEMPLATE, str(fields.get("path_template", "")))
    if "connect_matcher" in message:
        return PathMatch(PathKind.CONNECT, "")
    return PathMatch(PathKind.PREFIX, "")


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

    def test(view: RequestView) -> bool:
        return view.target is not None and inner(view.path)

    def test_without_parameters(view: RequestView) -> bool:
        return view.target is not None and inner(view.path.split(";", 1)[0])

    def seen(view: RequestView) -> str:
        return f"is `{view.path}`" if view.target is not None else "is absent (CONNECT)"

    return Criterion("path", path.text, test_without_parameters if ignore_parameters else test, seen)


def _tls_criteria(message: Json) -> list[Criterion]:
    """TlsContextMatchOptions; without TLS nothing was presented."""
    found = []
    if "presented" in message:
        want = bool(message["presented"])
        found.append(
            Criterion(
                "client certificate",
                "presented" if want else "absent",
                lambda view: (view.peer is not None) == want,
                lambda view: "was presented" if view.peer else "is absent",
            )
        )
    if "validated" in message:
        valid = bool(message["validated"])
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
    key = str(message.get("key", ""))
    matcher = string_match.parse(message.get("string_match") or {})

    def test(view: RequestView) -> bool:
        value = view.state(key)
        return value is not None and matcher.test(value)

    return Criterion(
        f"filter state `{key}`",
        matcher.text,
        test,
        lambda view: f"is `{view.filter_state.get(key)}`",
    )


def parse(message: Json, runtime: Runtime, *, ignore_path_parameters: bool = False) -> RouteMatch:
    """A compiled RouteMatch."""
    path = _path(message)
    criteria = [_path_criterion(path, ignore_path_parameters)]
    if "grpc" in message:
        criteria.append(
            Criterion(
                "content-type",
                "application/grpc",
                lambda view: grpc.is_grpc(view.headers),
                lambda view: (
                    f"is `{view.first('content-type')}`" if view.first("content-type") else "is absent"
                ),
            )
        )
    criteria += map(header_match.header, message.get("headers") or ())
    criteria += map(header_match.query_parameter, message.get("query_parameters") or ())
    criteria += map(header_match.cookie, message.get("cookies") or ())
    criteria += _tls_criteria(message.get("tls_context") or {})
    criteria += map(metadata, message.get("dynamic_metadata") or ())
    criteria += map(_filter_state, message.get("filter_state") or ())
    fraction = message.get("runtime_fraction")
    return RouteMatch(path, tuple(criteria), None if fraction is None else runtime.fraction(fraction))
