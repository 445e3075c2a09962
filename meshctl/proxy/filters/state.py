"""Filter state made of command operators, by the HTTP and the network filter alike.

Follows source/extensions/filters/common/set_filter_state/filter_config.cc.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.envoy.api.config_core_v3 import SubstitutionFormatString
from meshctl.envoy.api.extensions_filters_common_set_filter_state_v3 import FilterStateValue
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import HashableText
from meshctl.match.substitution import Known, fill

_HASHABLE = (
    "envoy.hashable_string"  # the factory whose objects a hash policy can ask; envoy.string's it cannot
)


def states_of(values: Iterable[FilterStateValue], known: Known) -> tuple[dict[str, str], set[str]]:
    """The objects by key, and the keys whose value is known only at run time."""
    found: dict[str, str] = {}
    unknown: set[str] = set()
    for value in values:
        key = value.object_key or value.factory_key
        made = _made(value.format_string, known)
        if made is None:
            unknown.add(key)
        elif made or not value.skip_if_empty:
            hashable = (value.factory_key or key) == _HASHABLE
            found[key] = HashableText(made) if hashable else made
    return found, unknown


def _made(message: SubstitutionFormatString | None, known: Known) -> str | None:
    """The text of a format; None where it is known only at run time, or stands in a file."""
    if message is None:
        return None
    source = message.text_format_source
    text = source.inline_string if source is not None and source.inline_string else message.text_format
    if not text:
        return None
    try:
        return fill(text, known, absent="" if message.omit_empty_values else "-")
    except Undecidable:
        return None
