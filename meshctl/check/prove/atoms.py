"""The conditions of a route as literals about subjects, over languages.

Theory of operation. A subject is what a condition looks at: the path, a header, a query parameter, a cookie. A subject is
absent or has values; a literal is a set of its states, closed under negation: ``Some`` (one of the values is in the
language; also when absent, with ``absent_too``), ``Without`` (there, and no value is in it), ``Presence``. Envoy matches a
repeated header value by value, so two conditions on one header may be met by two values; the path, pseudo headers, query
parameters and cookies have one. Everything else (TLS, metadata, filter state, regexes that are not understood) is
``Opaque``: true or false, equal only where the configuration is literally the same. That makes more requests possible
than there are, never fewer: "none is left" stays a proof.
Follows match/route_match.py and match/header_match.py, which decide.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from meshctl.check.prove import languages, regex
from meshctl.check.prove.languages import Language, TooLarge
from meshctl.check.prove.regex import Alt, Chars, Node, NotRegular, Repeat, Seq
from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.api.config_route_v3 import CookieMatcher, HeaderMatcher, QueryParameterMatcher
from meshctl.envoy.api.extensions_path_match_uri_template_v3 import UriTemplateMatchConfig
from meshctl.envoy.api.type_matcher_v3 import StringMatcher
from meshctl.envoy.message import Message
from meshctl.match import uri_template
from meshctl.values import Struct

M = TypeVar("M", bound=Message)
Subject = tuple[str, str]  # kind and name
PATH: Subject = ("path", "")
METHOD: Subject = ("header", ":method")
AUTHORITY: Subject = ("header", ":authority")


class Some(Struct, frozen=True):
    """A value is in the language; ``absent_too``: an absent subject will do."""

    language: Language
    absent_too: bool = False

    @property
    def negated(self) -> Literal:
        return Without(self.language, not self.absent_too)


class Without(Struct, frozen=True):
    """The subject is there and none of its values is in the language; ``absent_too`` as above."""

    language: Language
    absent_too: bool = False

    @property
    def negated(self) -> Literal:
        return Some(self.language, not self.absent_too)


class Presence(Struct, frozen=True):
    """The subject is there, or is not."""

    there: bool

    @property
    def negated(self) -> Literal:
        return Presence(not self.there)


class Opaque(Struct, frozen=True):
    """A condition of which nothing is understood but its identity."""

    holds: bool = True

    @property
    def negated(self) -> Literal:
        return Opaque(not self.holds)


Literal = Some | Without | Presence | Opaque


class Atom(Struct, frozen=True):
    """One condition; ``text`` is how the matcher says it."""

    subject: Subject
    literal: Literal
    text: str = ""

    @property
    def negated(self) -> Atom:
        return Atom(self.subject, self.literal.negated, f"not {self.text}")


NOTHING = Alt(())
EVERYTHING = Repeat(regex.ANYTHING, 0, None)
# What a path without its query may hold (the codec and the manager refuse the rest), and what a header may.
_PATH_CHARS = Chars(tuple(s for s in regex.inverted(((0, 31), (35, 35), (63, 63), (127, 127)))))
_PLAIN_PATH_CHARS = Chars(tuple(regex.inverted(((0, 31), (35, 35), (59, 59), (63, 63), (127, 127)))))
_VALUE_CHARS = Chars(((9, 9), (32, 126), (128, regex.LAST)))
_PARAMETER_CHARS = Chars(regex.inverted(((0, 32), (35, 35), (38, 38), (127, 127))))


@functools.cache
def legal(kind: str) -> Language:
    """The values that a subject of this kind can have at all."""
    slash = regex.literal("/")
    trees: dict[str, Node] = {
        "path": Seq((slash, Repeat(_PATH_CHARS, 0, None))),
        "plain path": Seq((slash, Repeat(_PLAIN_PATH_CHARS, 0, None))),
        "header": Repeat(_VALUE_CHARS, 0, None),
        "query": Repeat(_PARAMETER_CHARS, 0, None),
        "cookie": Repeat(Chars(((32, 58), (60, 126), (128, regex.LAST))), 0, None),
    }
    return languages.of_tree(trees[kind])


def _opaque(kind: str, message: Message, text: str) -> Atom:
    return Atom(
        ("opaque", f"{kind} {msgspec.json.encode(message.raw, order='deterministic').decode()}"),
        Opaque(),
        text,
    )


def _string(matcher: StringMatcher) -> Language:
    """The texts that a StringMatcher takes."""
    match matcher.match_pattern:
        case "safe_regex":
            return languages.of_regex(matcher.safe_regex.regex if matcher.safe_regex is not None else "")
        case "exact" | "prefix" | "suffix" | "contains" as kind:
            return languages.of_text(kind, str(getattr(matcher, kind)), matcher.ignore_case)
        case None:
            return languages.of_text("exact", "", matcher.ignore_case)
        case kind:
            raise NotRegular(f"a match of kind {kind}")


def path_atom(wanted: api.RouteMatch) -> Atom | None:
    """The path condition; None where every path, and none, will do."""
    fold = wanted.case_sensitive is False
    match wanted.path_specifier:
        case "prefix":
            return _path("prefix", wanted.prefix, fold)
        case "path":
            return _path("exact", wanted.path, fold)
        case "path_separated_prefix":
            own = wanted.path_separated_prefix
            tree = Alt((regex.literal(own, fold), Seq((regex.literal(own + "/", fold), EVERYTHING))))
            return Atom(PATH, Some(languages.of_tree(tree)), f"path-separated prefix {own}")
        case "safe_regex" if wanted.safe_regex is not None:
            return Atom(
                PATH, Some(languages.of_regex(wanted.safe_regex.regex)), f"regex {wanted.safe_regex.regex}"
            )
        case "path_match_policy" if wanted.path_match_policy is not None:
            packed = wanted.path_match_policy.typed_config
            template = packed.as_(UriTemplateMatchConfig) if packed is not None else None
            if template is None:
                raise NotRegular("a path match policy")
            pattern = uri_template.parse(template.path_template).regex
            return Atom(PATH, Some(languages.of_regex(pattern)), f"template {template.path_template}")
        case "connect_matcher":
            return Atom(("opaque", "CONNECT"), Opaque(), "CONNECT")
        case None:
            return _path("prefix", "", False)
        case kind:
            raise NotRegular(f"a path match of kind {kind}")


def _path(kind: str, value: str, fold: bool) -> Atom:
    shown = {"exact": "path"}.get(kind, kind)
    return Atom(
        PATH, Some(languages.of_text(kind, value, fold)), f"{shown} {value}{' (any case)' if fold else ''}"
    )


def _header(matcher: HeaderMatcher) -> Atom:
    name = matcher.name.lower()
    subject: Subject = ("header", ":authority" if name == "host" else name)
    if name == ":path" or matcher.unknown:
        raise NotRegular("a condition on the whole path")
    invert, missing = matcher.invert_match, matcher.treat_missing_header_as_empty
    language = _header_language(matcher)
    if language is None:
        there = (matcher.present_match if "present_match" in matcher.raw else True) != invert
        if missing:  # an absent header counts as there
            every = languages.of_tree(EVERYTHING)
            return Atom(
                subject, Some(every, True) if there else Some(languages.of_tree(NOTHING)), f"header {name}"
            )
        return Atom(subject, Presence(there), f"header {name} {'present' if there else 'absent'}")
    text = f"header {name} {'not ' if invert else ''}{_said(matcher)}"
    empty_taken = language.holds("")
    if invert:
        return Atom(subject, Without(language, missing and not empty_taken), text)
    return Atom(subject, Some(language, missing and empty_taken), text)


def _said(matcher: HeaderMatcher) -> str:
    from meshctl.match.header_match import header

    return header({**matcher.raw, "invert_match": False}).want


def _header_language(matcher: HeaderMatcher) -> Language | None:
    """The values that a header condition takes; None for mere presence."""
    match matcher.header_match_specifier:
        case "string_match" if matcher.string_match is not None:
            return _string(matcher.string_match)
        case "safe_regex_match" if matcher.safe_regex_match is not None:
            return languages.of_regex(matcher.safe_regex_match.regex)
        case "range_match" if matcher.range_match is not None:
            if matcher.range_match.start >= matcher.range_match.end:
                return languages.of_tree(NOTHING)
            raise NotRegular("a range of numbers")
        case "exact_match" | "prefix_match" | "suffix_match" | "contains_match" as kind:
            return languages.of_text(kind.removesuffix("_match"), getattr(matcher, kind))
        case "present_match" | None:
            return None
        case kind:
            raise NotRegular(f"a match of kind {kind}")


def _parameter(matcher: QueryParameterMatcher) -> Atom:
    subject: Subject = ("query", matcher.name)
    if matcher.unknown or matcher.value:
        raise NotRegular("an old form")
    if matcher.query_parameter_match_specifier == "string_match" and matcher.string_match is not None:
        return Atom(subject, Some(_string(matcher.string_match)), f"query parameter {matcher.name}")
    there = matcher.present_match if matcher.query_parameter_match_specifier == "present_match" else True
    return Atom(
        subject, Presence(there), f"query parameter {matcher.name} {'present' if there else 'absent'}"
    )


def _cookie(matcher: CookieMatcher) -> Atom:
    if matcher.unknown or matcher.string_match is None:
        raise NotRegular("no match")
    language = _string(matcher.string_match)
    literal: Literal = Without(language, True) if matcher.invert_match else Some(language)
    return Atom(("cookie", matcher.name), literal, f"cookie {matcher.name}")


def of_match(wanted: api.RouteMatch) -> Iterator[Atom]:
    """All conditions of a route but its chance. Raises Undecidable where the message cannot be read."""
    try:
        path = path_atom(wanted)
        if path is not None:
            yield path
    except (NotRegular, TooLarge):
        yield _opaque("path", wanted, "a path match")
    for header in wanted.headers:
        yield _guarded(_header, header)
    for parameter in wanted.query_parameters:
        yield _guarded(_parameter, parameter)
    for cookie in wanted.cookies:
        yield _guarded(_cookie, cookie)
    if wanted.grpc is not None:
        kinds = "application/grpc(\\+.*)?"
        yield Atom(("grpc", ""), Some(languages.of_regex(f"(?s){kinds}")), "gRPC")
    for message in (wanted.tls_context, *wanted.dynamic_metadata, *wanted.filter_state):
        if message is not None:
            yield _opaque(type(message).__name__, message, type(message).__name__)
    for name in wanted.unknown:
        yield Atom(("opaque", f"unknown {name} {wanted.raw!r}"), Opaque(), name)


def _guarded(read: Callable[[M], Atom], message: M) -> Atom:
    try:
        return read(message)
    except (NotRegular, TooLarge):
        return _opaque(type(message).__name__, message, type(message).__name__)
