"""A source of chance with the vocabulary that configurations and requests share."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Json = dict[str, Any]
T = TypeVar("T")

HTTP = "type.googleapis.com/envoy.extensions.filters.http"
FULL: Json = {"default_value": {"numerator": 100}}
NEVER: Json = {"default_value": {"numerator": 0}}
NAMES = ("x-a", "x-b", "x-c")
VALUES = ("1", "2", "15", "ab", "AB")
SEGMENTS = ("a", "b", "A", "ab", "v1")
METHODS = ("GET", "GET", "GET", "POST", "PUT", "DELETE", "OPTIONS")
HOSTS = ("a.com", "b.com", "x.b.com", "a.com:8080")
ORIGINS = ("http://a.com", "http://b.com", "https://a.com:1")
NAMESPACES = ("m.one", "m.two")
KEYS = ("k", "j")


class Draw(random.Random):
    """Chance by a seed."""

    def maybe(self, chance: float = 0.5) -> bool:
        return self.random() < chance

    def one(self, items: Sequence[T]) -> T:
        return self.choice(items)

    def some(self, items: Sequence[T], least: int = 0, most: int = 2) -> list[T]:
        return self.sample(items, min(len(items), self.randint(least, most)))

    def several(self, draw: Callable[[], T], least: int = 1, most: int = 3) -> list[T]:
        return [draw() for _ in range(self.randint(least, most))]

    def optional(self, chance: float = 0.3, **fields: Any) -> Json:
        """Each of the fields with that chance."""
        return {name: value for name, value in fields.items() if self.maybe(chance)}

    def path(self) -> str:
        return "/" + "/".join(self.several(lambda: self.one(SEGMENTS), 1, 3))

    def string(self, values: Sequence[str] = VALUES) -> Json:
        value = self.one(values)
        kind = self.one(("exact", "prefix", "suffix", "contains", "safe_regex"))
        if kind == "safe_regex":
            return {"safe_regex": {"regex": self.one((f"{value}.*", "[0-9]+", ".*", f"{value}"))}}
        part = value if kind == "exact" else value[:1] if kind == "prefix" else value[-1:]
        return {kind: part or "1", **self.optional(0.2, ignore_case=True)}

    def header(self) -> Json:
        """A condition on a header, in any of its forms."""
        name = self.one((*NAMES, *NAMES, ":method", ":path", ":authority", "cookie"))
        base: Json = {
            "name": name,
            **self.optional(0.2, invert_match=True, treat_missing_header_as_empty=True),
        }
        kind = self.one(("string", "string", "string", "present", "range", "old"))
        if name == ":method":
            return {**base, "string_match": {"exact": self.one(METHODS)}}
        if name == ":authority":
            return {**base, "string_match": self.string(HOSTS)}
        if name == ":path":
            return {**base, "string_match": self.string(("/a", "/a/b", "/b?x=1"))}
        if kind == "string":
            return {**base, "string_match": self.string()}
        if kind == "present":
            return {**base, "present_match": self.maybe(0.7)}
        if kind == "range":
            return {**base, "range_match": {"start": 1, "end": self.one((2, 15, 16))}}
        value = self.one(VALUES)
        old = self.one(("exact_match", "prefix_match", "suffix_match", "contains_match", "safe_regex_match"))
        return {**base, old: {"regex": f"{value}.?"} if old == "safe_regex_match" else value}

    def query(self) -> Json:
        name = self.one(("x", "y"))
        return self.one(
            ({"name": name, "present_match": self.maybe(0.8)}, {"name": name, "string_match": self.string()})
        )

    def cookie(self) -> Json:
        return {
            "name": self.one(("c", "d")),
            "string_match": self.string(),
            **self.optional(0.2, invert_match=True),
        }

    def metadata(self) -> Json:
        """A condition on dynamic metadata."""
        steps = [{"key": key} for key in self.several(lambda: self.one(KEYS), 1, 2)]
        return {
            "filter": self.one(NAMESPACES),
            "path": steps,
            "value": self._value(),
            **self.optional(0.2, invert=True),
        }

    def _value(self) -> Json:
        leaf: Json = self.one(
            (
                {"string_match": self.string()},
                {"present_match": self.maybe(0.8)},
                {"double_match": {"exact": 1}},
                {"double_match": {"range": {"start": 1, "end": 3}}},
                {"bool_match": self.maybe()},
                {"null_match": {}},
            )
        )
        if self.maybe(0.15):
            return {"list_match": {"one_of": leaf}}
        if self.maybe(0.15):
            return {"or_match": {"value_matchers": [leaf, {"string_match": self.string()}]}}
        return leaf

    def struct(self, depth: int = 2) -> Json:
        """A value for metadata."""
        leaves: Sequence[Any] = (*VALUES, 1, 2.5, True, False, None, ["1", "ab"])
        return {
            key: self.struct(depth - 1) if depth > 1 and self.maybe(0.3) else self.one(leaves)
            for key in self.some(KEYS, 1, 2)
        }

    def fraction(self, chance: float = 0.8) -> Json:
        return FULL if self.maybe(chance) else NEVER

    def regex_rewrite(self) -> Json:
        pattern, substitution = self.one(
            (
                ("/(.*)", "/n/\\1"),
                ("a", "z"),
                ("[ab]+", "-"),
                ("^/([^/]*)(/.*)?$", "\\2/\\1"),
                ("(.)$", "\\1\\1"),
            )
        )
        return {"pattern": {"regex": pattern}, "substitution": substitution}

    def written(self) -> str:
        """A value as headers are written: plain, or of the request."""
        return self.one(
            (*VALUES, "%REQ(x-a)%", "%REQ(x-b?x-c)%", "v-%PROTOCOL%", "%REQ(:METHOD)%", "%REQ(x-c):1%")
        )

    def header_option(self) -> Json:
        action = self.one(
            ("APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS")
        )
        return {
            "header": {"key": self.one(NAMES), "value": self.written()},
            "append_action": action,
            **self.optional(0.2, keep_empty_value=True),
        }

    def header_mutation(self) -> Json:
        if self.maybe(0.25):
            return {"remove": self.one(NAMES)}
        if self.maybe(0.1):
            return {"remove_on_match": {"key_matcher": {"prefix": self.one(("x-a", "x-b"))}}}
        return {"append": self.header_option()}
