"""YAML as istioctl prints it: sigs.k8s.io/yaml over go-yaml v2, keys sorted, byte for byte.

The structure is written by hand, which is eight times faster than any emitter; a scalar that is not plainly
harmless goes through libyaml (PyYAML), of which go-yaml's emitter is a port, so the quoting is the same. What
go-yaml resolves to another type when unquoted (``y``, ``1_000``, ``0x1F``, ``1:30``, dates) is double-quoted:
its rules (resolve.go, encode.go) are wider than YAML 1.2's and stand below.
"""

from __future__ import annotations

import datetime
import functools
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

if TYPE_CHECKING:
    from meshctl.render.interface import Document

_HARMLESS = re.compile(r"[A-Za-z_/][A-Za-z0-9_./|\-]*(?::[A-Za-z0-9_./|\-]+)*\Z")
_WORDS = frozenset(
    {"", "~", "<<"}
    | {
        form
        for word in ("y", "yes", "true", "on", "n", "no", "false", "off", "null")
        for form in (word, word.title(), word.upper())
    }
    | {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"}
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_GO_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt ](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)?)?\Z"
)


def is_special(text: str) -> bool:
    """Whether go-yaml would read the bare text as something other than a string."""
    if text in _WORDS:
        return True
    if not (text[0] in "+-." or text[0].isdigit()):
        return False
    digits = text.replace("_", "")
    if _GO_INTEGER.match(digits) or _FLOAT.match(digits) or _BASE_60.match(text):
        return True
    return _is_timestamp(text)


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.match(text)
    if not match:
        return False
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return False
    return True


def go_float(value: float) -> str:
    """Go's strconv.FormatFloat(value, 'g', -1, 64) as go-yaml calls it."""
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) - (len(whole + fraction) - len(digits)) + int(exponent or 0)
    digits = digits.rstrip("0") or "0"
    if digits == "0":
        return sign + "0"
    power = point - 1
    if power < -4 or power >= 6:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if len(digits) <= point:
        return sign + digits.ljust(point, "0")
    return f"{sign}{digits[:point]}.{digits[point:]}"


_BREAK = re.compile("[\n\x85\u2028\u2029]")
_PLAIN_KEYS = re.compile(r"[a-zA-Z]*\Z|[a-z_]*\Z")
_MAX_ORDERS = 4096
_WIDTH = 80


def key_order(keys: tuple[str, ...]) -> list[str]:
    """Keys as go-yaml sorts them (sorter.go): numbers inside by value, other signs before letters."""
    if _PLAIN_KEYS.match("".join(keys)):
        return sorted(keys)  # the rules agree with the plain order there
    return sorted(keys, key=functools.cmp_to_key(_compare_keys))


def _compare_keys(a: str, b: str) -> int:
    for index, (x, y) in enumerate(zip(a, b, strict=False)):
        if x == y:
            continue
        if x.isalpha() and y.isalpha():
            return -1 if x < y else 1
        if x.isalpha() or y.isalpha():
            return -1 if y.isalpha() else 1
        return _compare_numbers(a, b, index)
    return len(a) - len(b)


def _compare_numbers(a: str, b: str, index: int) -> int:
    """Two keys that first differ at ``index``, in signs or digits."""
    first = second = 0
    if "0" in (a[index], b[index]) and a[:index].rstrip("0")[-1:].isdigit():
        first = second = 1  # a zero counts as a digit of the number that began before
    end_a, first = _number(a, index, first)
    end_b, second = _number(b, index, second)
    if first != second:
        return -1 if first < second else 1
    if end_a != end_b:
        return -1 if end_a < end_b else 1
    return -1 if a[index] < b[index] else 1


def _number(text: str, start: int, value: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdecimal():
        value = value * 10 + int(text[end])
        end += 1
    return end, value


def _fold(shown: str, column: int, indent: str) -> str:
    """A scalar's one line broken at blanks beyond column 80, as libyaml and its port do."""
    if column + len(shown) <= _WIDTH or " " not in shown or shown[0] == "|" or "\n" in shown:
        return shown
    quote = shown[0] if shown[0] in "'\"" else ""
    last = len(shown) - 1 - len(quote)
    out: list[str] = []
    after_blank = False
    for position, character in enumerate(shown):
        if character != " ":
            out.append(character)
            column += 1
            after_blank = False
            continue
        inside = not quote or len(quote) < position < last
        doubled = shown[position + 1 : position + 2] == " "
        if not after_blank and column > _WIDTH and inside and (quote == '"' or not doubled):
            out.append(f"\n{indent}" + ("\\" if doubled else ""))
            column = len(indent) + doubled
        else:
            out.append(character)
            column += 1
        after_blank = True
    return "".join(out)


def _opened(item: Raw) -> Any:
    """A part of a document that is still bytes, as values; a number that the converter has written stays."""
    data = bytes(item)
    return item if data[:1] in b"-0123456789" else msgspec.json.decode(data)


_LINES = 20_000  # that many are put together at a time


class Renderer:
    """Writes one document; scalars met before are remembered, since a dump repeats itself."""

    def __init__(self) -> None:
        self._plain: dict[str, str] = {}
        self._unfolded: dict[str, str] = {}
        self._orders: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        self._frame: tuple[list[Any], list[Any]] | None = None
        self._dumper: Any = None
        self._full: list[bytes] = []

    def render(self, value: Any) -> str:
        """The document, with its line break at the end."""
        return b"".join(self.pieces(value)).decode("utf-8", "replace")

    def pieces(self, value: Any) -> list[bytes]:
        """The same in pieces: a string a line takes several times the memory of what it says."""
        if value.__class__ in (dict, list) and value:
            out: list[str] = []
            self._full = []
            self._emit(value, "", "", out)
            self._spill(out)
            return self._full
        return [self._empty(value).encode("utf-8", "replace")]

    def _spill(self, out: list[str]) -> None:
        self._full.append("".join(out).encode("utf-8", "replace"))
        out.clear()

    def _empty(self, value: Any) -> str:
        if value.__class__ is dict:
            return "{}\n"
        if value.__class__ is list:
            return "[]\n"
        return self._scalar(value, "") + "\n"

    def _emit(self, value: Any, indent: str, first: str, out: list[str]) -> None:
        """A non-empty map or list; ``first`` is what stands before its first line (a list's dash)."""
        prefix, write = first, out.append
        scalar = self._scalar
        if value.__class__ is dict:
            known = self._plain
            for key, name in self._order(value, indent):
                item = value[key]
                kind = item.__class__
                if kind is str:
                    text = known.get(item) or scalar(item, indent, len(prefix) + len(name) + 2)
                    write(f"{prefix}{name}: {text}\n")
                elif kind is dict:
                    if item:
                        write(f"{prefix}{name}:\n")
                        self._emit(item, indent + "  ", indent + "  ", out)
                    else:
                        write(f"{prefix}{name}: {{}}\n")
                elif kind is list:
                    if item:
                        write(f"{prefix}{name}:\n")
                        self._emit(item, indent, indent, out)  # lists are not indented under their key
                    else:
                        write(f"{prefix}{name}: []\n")
                elif kind is int:
                    write(f"{prefix}{name}: {item}\n")
                else:
                    write(f"{prefix}{name}: {scalar(item, indent)}\n")
                prefix = indent
            return
        for item in value:
            if item.__class__ is Raw:
                item = _opened(item)
            kind = item.__class__
            if kind in (dict, list) and item:
                self._emit(item, indent + "  ", prefix + "- ", out)
                if len(out) > _LINES:
                    self._spill(out)
            elif kind is dict:
                write(prefix + "- {}\n")
            elif kind is list:
                write(prefix + "- []\n")
            else:
                write(f"{prefix}- {scalar(item, indent, len(prefix) + 2)}\n")
            prefix = indent

    def _order(self, value: dict[str, Any], indent: str) -> list[tuple[str, str]]:
        """The keys of a map in order, each with how it is written; maps of the same plain keys share one answer."""
        keys = tuple(value)
        order = self._orders.get(keys)
        if order is None:
            order = [(key, self._scalar(key, indent)) for key in key_order(keys)]
            if len(self._orders) < _MAX_ORDERS and all(key in self._plain for key in keys):
                self._orders[keys] = order
        return order

    def _scalar(self, value: Any, indent: str, column: int = 0) -> str:
        """A scalar that begins at ``column`` (a key: 0) inside a map or list at ``indent``."""
        kind = value.__class__
        if kind is str:
            known = self._plain.get(value)
            if known is not None:
                return known
            return (
                _fold(self._string(value, indent), column, indent + "  ")
                if column
                else self._string(value, indent)
            )
        if value is None:
            return "null"
        if kind is bool:
            return "true" if value else "false"
        if kind is float:
            return go_float(value)
        if kind is Raw:  # a number that the converter has already written
            return go_float(float(bytes(value)))
        return str(value)

    def _string(self, text: str, indent: str) -> str:
        if _HARMLESS.match(text) and text not in _WORDS:
            self._plain[text] = text
            return text
        known = self._unfolded.get(text)
        if known is not None:
            return known
        if "\n" in text:
            return self._multi_line(text, indent)
        shown = self._through_libyaml(text, '"' if is_special(text) else "")
        if _BREAK.search(shown):  # a line separator within the text: its lines are moved under the parent
            return _BREAK.sub(lambda found: found[0] + indent, shown)
        # a text with blanks may be folded, depending on where it stands
        (self._plain if " " not in shown else self._unfolded)[text] = shown
        return shown

    def _multi_line(self, text: str, indent: str) -> str:
        """A literal block; libyaml writes it for column 0, so its lines are moved under the parent."""
        shown = self._through_libyaml(text, "|")
        head, _, body = shown.partition("\n")
        if not head.startswith("|"):
            return shown
        lines = [indent + line if line else "" for line in body.split("\n")]
        return "\n".join([head, *lines])

    def _through_libyaml(self, text: str, style: str) -> str:
        """One list item as libyaml writes it, cut out of its list. A second item stands behind it, because
        the end of a document would add a mark to a block that keeps its line breaks."""
        import yaml

        if not self._frame:
            plain = (True, True)
            start = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)]
            start.append(yaml.SequenceStartEvent(None, None, True, flow_style=False))
            end = [yaml.ScalarEvent(None, None, plain, "z"), yaml.SequenceEndEvent()]
            end += [yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent()]
            self._frame = (start, end)
            self._dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        start, end = self._frame
        item = yaml.ScalarEvent(None, None, (True, True), text, style=style or None)
        written: str = yaml.emit([*start, item, *end], Dumper=self._dumper, width=1 << 30, allow_unicode=True)
        return written[len("- ") : written.rindex("\n- z\n")]


def render(value: Any) -> bytes:
    """The document as istioctl prints it: with one empty line behind."""
    return b"".join((*Renderer().pieces(value), b"\n"))


def document(value: Document) -> str | bytes:
    """A document: istioctl's with sorted keys as it prints them, our own in the order they were made."""
    if value.layout is None:
        import msgspec
        import yaml

        plain = msgspec.to_builtins(value.content, enc_hook=str)  # enums and dataclasses as JSON has them
        return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110))
    return render(value.value)
