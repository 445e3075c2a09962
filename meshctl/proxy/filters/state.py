"""Filter state made of command operators, by the HTTP and the network filter alike.

Follows source/extensions/filters/common/set_filter_state/filter_config.cc.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import HashableText
from meshctl.match.substitution import Known, fill

Json = dict[str, Any]

_HASHABLE = (
    "envoy.hashable_string"  # the factory whose objects a hash policy can ask; envoy.string's it cannot
)


def states_of(values: Iterable[Json], known: Known) -> tuple[dict[str, str], bool]:
    """The objects by key, and whether there are some whose value is known only at run time."""
    found: dict[str, str] = {}
    unknown = False
    for value in values:
        key = str(value.get("object_key") or value.get("factory_key") or "")
        message = value.get("format_string") or {}
        text = (message.get("text_format_source") or {}).get("inline_string") or message.get("text_format")
        if text is None:
            unknown = True
            continue
        try:
            made = fill(str(text), known, absent="" if message.get("omit_empty_values") else "-")
        except Undecidable:
            unknown = True
            continue
        if made or not value.get("skip_if_empty"):
            found[key] = HashableText(made) if str(value.get("factory_key") or key) == _HASHABLE else made
    return found, unknown
