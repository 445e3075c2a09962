"""RE2's syntax, read into a tree: what an automaton can be made of; anything else raises ``NotRegular``.

Follows re2's doc/syntax.txt. Left out, because no route of a mesh needs them or they are no property of a regular
language alone: word boundaries, multi-line anchors, Unicode classes, ``\\C``. Anchors are understood at the ends only;
a match is always of the whole value, so they say nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.values import Struct

LAST = 0x10FFFF
Span = tuple[int, int]  # code points, both ends included


class NotRegular(Exception):
    """Raised for a pattern that is not understood."""


class Chars(Struct, frozen=True):
    """One character out of these ranges."""

    spans: tuple[Span, ...]


class Seq(Struct, frozen=True):
    parts: tuple[Node, ...]


class Alt(Struct, frozen=True):
    options: tuple[Node, ...]


class Repeat(Struct, frozen=True):
    """Between ``least`` and ``most`` times; most None: without end."""

    inner: Node
    least: int
    most: int | None


Node = Chars | Seq | Alt | Repeat

EMPTY = Seq(())
ANYTHING = Chars(((0, LAST),))
_DIGIT: tuple[Span, ...] = ((48, 57),)
_SPACE: tuple[Span, ...] = ((9, 10), (12, 13), (32, 32))
_WORD: tuple[Span, ...] = ((48, 57), (65, 90), (95, 95), (97, 122))
_CLASSES = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
_POSIX: dict[str, tuple[Span, ...]] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "digit": _DIGIT,
    "lower": ((97, 122),),
    "upper": ((65, 90),),
    "space": ((9, 13), (32, 32)),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
}
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
_MOST = 1000  # RE2's own limit of a counted repetition


def inverted(spans: Sequence[Span]) -> tuple[Span, ...]:
    """All other characters."""
    found, start = [], 0
    for low, high in sorted(spans):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


def folded(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same in both cases of ASCII."""
    found = list(spans)
    for low, high in spans:
        for first, last, shift in ((65, 90, 32), (97, 122, -32)):
            a, b = max(low, first), min(high, last)
            if a <= b:
                found.append((a + shift, b + shift))
    return tuple(found)


def literal(text: str, fold: bool = False) -> Node:
    """A text as it is, or in any case."""
    if fold and not text.isascii():
        raise NotRegular("letters beyond ASCII in any case")
    spans = [((ord(char), ord(char)),) for char in text]
    return Seq(tuple(Chars(folded(one) if fold else one) for one in spans))


def parse(pattern: str) -> Node:
    """The tree of a pattern."""
    reader = _Reader(pattern)
    tree = reader.alternatives()
    if reader.at < len(pattern):
        raise NotRegular(f"`{pattern[reader.at]}` at {reader.at}")
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.fold = self.dot_all = False
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, word: str) -> bool:
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def alternatives(self) -> Node:
        fold, dot_all = self.fold, self.dot_all
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        self.fold, self.dot_all = fold, dot_all
        return options[0] if len(options) == 1 else Alt(tuple(options))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.peek() not in "|)":
            self.anchor_ends()
            if self.at >= len(self.text) or self.peek() in "|)":
                break
            parts.append(self.repeated(self.atom()))
        return parts[0] if len(parts) == 1 else Seq(tuple(parts))

    def anchor_ends(self) -> None:
        """``^`` before everything and ``$`` behind everything of an alternative; elsewhere they are not understood."""
        while self.peek() == "^" or self.text.startswith("\\A", self.at):
            before = self.text[: self.at].replace("(?i)", "").replace("(?s)", "")
            if before.strip("(?:^") and not (self.depth == 0 and before.endswith("|")):
                raise NotRegular("an anchor inside")
            self.at += 1 if self.peek() == "^" else 2
        while self.peek() == "$" or self.text.startswith("\\z", self.at):
            rest = self.text[self.at + (1 if self.peek() == "$" else 2) :]
            if rest.strip(")$") and not (self.depth == 0 and rest.startswith("|")):
                raise NotRegular("an anchor inside")
            self.at = len(self.text) - len(rest)

    def repeated(self, inner: Node) -> Node:
        while (mark := self.peek()) and mark in "*+?{":
            if mark == "{":
                bounds = self.bounds()
                if bounds is None:
                    return inner
                inner = Repeat(inner, *bounds)
            else:
                self.at += 1
                inner = Repeat(inner, 1 if mark == "+" else 0, 1 if mark == "?" else None)
            self.take("?")  # lazy: the same language
        return inner

    def bounds(self) -> tuple[int, int | None] | None:
        """``{2}``, ``{2,}``, ``{2,5}``; None where the brace is a character like others."""
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(end, 0)].partition(",")
        if end < 0 or not low.isdigit() or (high and not high.isdigit()):
            return None
        self.at = end + 1
        least = int(low)
        most = least if not comma else (int(high) if high else None)
        if max(least, most or 0) > _MOST:
            raise NotRegular("a repetition that RE2 refuses")
        return least, most

    def atom(self) -> Node:
        char = self.text[self.at]
        self.at += 1
        match char:
            case "(":
                return self.group()
            case "[":
                return Chars(self.fold_spans(self.char_class()))
            case ".":
                return ANYTHING if self.dot_all else Chars(inverted(((10, 10),)))
            case "\\":
                return self.escape()
            case "*" | "+" | "?":
                raise NotRegular("nothing to repeat")
            case _:
                return Chars(self.fold_spans(((ord(char), ord(char)),)))

    def fold_spans(self, spans: Sequence[Span]) -> tuple[Span, ...]:
        return folded(spans) if self.fold else tuple(spans)

    def group(self) -> Node:
        fold, dot_all = self.fold, self.dot_all
        if self.take("?"):
            if self.take("P<") or self.take("<"):
                self.at = self.text.index(">", self.at) + 1
            elif self.flags():
                return EMPTY  # (?i): for the rest of the group
        self.depth += 1
        inner = self.alternatives()
        self.depth -= 1
        if not self.take(")"):
            raise NotRegular("a group without end")
        self.fold, self.dot_all = fold, dot_all
        return inner

    def flags(self) -> bool:
        """``(?i:`` and ``(?i)``; whether the group ended with them."""
        on = True
        while (char := self.peek()) and char not in ":)":
            if char == "-":
                on = False
            elif char == "i":
                self.fold = on
            elif char == "s":
                self.dot_all = on
            elif char != "U":
                raise NotRegular(f"the flag {char}")
            self.at += 1
        if not char:
            raise NotRegular("a group without end")
        self.at += 1
        return char == ")"

    def escape(self) -> Node:
        char = self.peek()
        if char == "Q":
            end = self.text.find("\\E", self.at)
            text = self.text[self.at + 1 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.text)
            return literal(text, self.fold)
        return Chars(self.fold_spans(self.escaped()))

    def escaped(self) -> tuple[Span, ...]:
        """What an escape stands for, inside a class or outside."""
        char = self.peek()
        self.at += 1
        if char.lower() in _CLASSES and char:
            spans = _CLASSES[char.lower()]
            return spans if char.islower() else inverted(spans)
        if char in _CONTROLS:
            return ((_CONTROLS[char], _CONTROLS[char]),)
        if char == "x":
            return self.hexadecimal()
        if char and not char.isalnum():
            return ((ord(char), ord(char)),)
        raise NotRegular(f"the escape \\{char}")

    def hexadecimal(self) -> tuple[Span, ...]:
        if self.take("{"):
            end = self.text.index("}", self.at)
            digits, self.at = self.text[self.at : end], end + 1
        else:
            digits, self.at = self.text[self.at : self.at + 2], self.at + 2
        return ((int(digits, 16), int(digits, 16)),)

    def char_class(self) -> tuple[Span, ...]:
        negated = self.take("^")
        spans: list[Span] = []
        first = True
        while first or self.peek() != "]":
            if self.at >= len(self.text):
                raise NotRegular("a class without end")
            first = False
            spans += self.class_item()
        self.at += 1
        return inverted(self.fold_spans(spans)) if negated else tuple(spans)

    def class_item(self) -> list[Span]:
        if self.take("[:"):
            end = self.text.index(":]", self.at)
            name, self.at = self.text[self.at : end], end + 2
            spans = _POSIX.get(name.removeprefix("^"))
            if spans is None:
                raise NotRegular(f"the class {name}")
            return list(inverted(spans) if name.startswith("^") else spans)
        low = self.class_char()
        if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            high = self.class_char()
            return [(low[0][0], high[0][1])]
        return list(low)

    def class_char(self) -> tuple[Span, ...]:
        char = self.text[self.at]
        self.at += 1
        return self.escaped() if char == "\\" else ((ord(char), ord(char)),)
