"""Headers added, overwritten and removed as configuration asks: HeaderValueOption and HeaderMutation.

Pseudo headers and Host are never touched. A value may have command operators; one without a value leaves the header
out, unless keep_empty_value. Follows source/common/router/header_parser.cc and source/common/http/header_mutation.cc.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.envoy.api.config_common_mutation_rules_v3 import HeaderMutation
from meshctl.envoy.api.config_core_v3 import HeaderValueOption
from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import Headers, PartlyKnown
from meshctl.match.substitution import Known, fill

_FORBIDDEN = frozenset({":method", ":path", ":scheme", ":authority", "host"})


def remove(headers: Headers, names: Iterable[str]) -> None:
    for name in map(str.lower, names):
        if name not in _FORBIDDEN:
            headers.pop(name, None)


def add(headers: Headers, options: Iterable[HeaderValueOption], known: Known | None) -> None:
    """Apply HeaderValueOptions, in order; with ``known`` their command operators are filled in, else kept.

    All values are filled in before the first is added: one option never reads what another wrote.
    """
    values = [
        (option, option.header.key.lower(), _filled(option.header.value, known))
        for option in options
        if option.header is not None and option.header.key.lower() not in _FORBIDDEN
    ]
    for option, name, value in values:
        _add(headers, option, name, value)


def _filled(text: str, known: Known | None) -> str:
    if known is None:
        return text
    try:
        return fill(text, known)
    except Undecidable:
        return PartlyKnown("")


def _add(headers: Headers, option: HeaderValueOption, name: str, value: str) -> None:
    if not value and not option.keep_empty_value and not isinstance(value, PartlyKnown):
        return
    action = option.append_action
    if option.append is False:
        action = "OVERWRITE_IF_EXISTS_OR_ADD"
    if action == ("ADD_IF_ABSENT" if name in headers else "OVERWRITE_IF_EXISTS"):
        return
    if action == "APPEND_IF_EXISTS_OR_ADD":
        headers.setdefault(name, []).append(value)
    else:
        headers[name] = [value]


def mutate(headers: Headers, mutations: Iterable[HeaderMutation], known: Known | None) -> None:
    """Apply HeaderMutations, in order."""
    for mutation in mutations:
        match mutation.action:
            case "remove":
                remove(headers, (mutation.remove,))
            case "append":
                assert mutation.append is not None
                add(headers, (mutation.append,), known)
            case "remove_on_match" if mutation.remove_on_match and mutation.remove_on_match.key_matcher:
                matcher = string_match.parse(mutation.remove_on_match.key_matcher.raw)
                remove(headers, [name for name in headers if matcher.test(name)])
            case _:
                raise Undecidable("a header mutation without an action that meshctl knows")
