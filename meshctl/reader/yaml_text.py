"""YAML, read by one loader: the rules of YAML 1.2's core schema, as Envoy's and Kubernetes' own tools write it.

No dates, no ``yes`` for true, no ``=`` with a meaning: text stays text. A document of anchors that would grow to
many times its text when they are followed is refused, and so is one that leads back into itself.
"""

from __future__ import annotations

import re
from typing import Any

from meshctl.errors import InputError

_GROWTH, _FREE = 20, 10_000_000


def documents(text: str, origin: str) -> list[Any]:
    """All documents of a YAML text. Raises InputError where it is none."""
    import yaml

    try:
        found = list(yaml.load_all(text, Loader=_loader()))
    except (yaml.YAMLError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())[:300]
        raise InputError(f"{origin}{line} is not valid YAML: {problem}") from error
    except RecursionError as error:
        raise InputError(f"{origin} is nested too deeply to be read", "Nobody writes such YAML.") from error
    for document in found:
        if _size(document, {}, set()) > max(_FREE, _GROWTH * len(text)):
            raise InputError(
                f"{origin} grows without measure when its anchors are followed", "It may be a bomb."
            )
    return [document for document in found if document is not None]


def _size(value: Any, known: dict[int, int], open_: set[int]) -> int:
    """How many characters a value would be, written out; a circle is endless."""
    if not isinstance(value, dict | list):
        return len(value) if isinstance(value, str) else 8
    key = id(value)
    if key in open_:
        return 10**18
    if key not in known:
        open_.add(key)
        items = value.items() if isinstance(value, dict) else ((0, item) for item in value)
        known[key] = 2 + sum(len(str(name)) + _size(item, known, open_) for name, item in items)
        open_.discard(key)
    return known[key]


_loaders: list[Any] = []


def _loader() -> Any:
    """A safe loader whose scalars are those of JSON."""
    if not _loaders:
        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

        class Core(base):  # type: ignore[misc]
            """YAML 1.2's core schema."""

        Core.yaml_implicit_resolvers = {}
        for tag, pattern, first in (
            ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
            ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
            ("int", r"^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$", "-+0123456789"),
            ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
            ("merge", r"^<<$", "<"),
        ):
            Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
        Core.add_constructor(
            "tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node))
        )
        Core.add_multi_constructor("!", lambda loader, suffix, node: _plain(loader, node))
        _loaders.append(Core)
    return _loaders[0]


def _plain(loader: Any, node: Any) -> Any:
    """A value with a tag nobody here knows (``!Ref``), without it."""
    name = type(node).__name__
    if name == "MappingNode":
        return loader.construct_mapping(node, deep=True)
    return (
        loader.construct_sequence(node, deep=True)
        if name == "SequenceNode"
        else loader.construct_scalar(node)
    )
