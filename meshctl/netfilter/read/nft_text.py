"""nft's own notation (``nft list ruleset``, scripts for ``nft -f``) turned into the objects of ``nft -j``.

How it works: a small tokenizer keeps line numbers; blocks (table, chain, set, map) are read by one
class here, the statements of a rule by ``nft_rule_text``. A hand tokenizer and not a grammar file:
nft's grammar depends on context (``mark`` alone, ``meta mark``, ``ct mark set meta mark``), and a rule
that is not understood must cost this rule only, which is a matter of skipping to the end of its line.
Notation: nft(8).
"""

from __future__ import annotations

import re
from typing import Any

from meshctl.netfilter.model import RuleSet, Shown
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.draft import RuleSetDraft
from meshctl.netfilter.read.nft_json import NftReader
from meshctl.netfilter.read.nft_rule_text import Tokens, parse_elements, parse_statements
from meshctl.values import Struct

TOKEN = re.compile(
    r"""(?P<space>[ \t]+|\\\n)|(?P<newline>\n)|(?P<comment>\#[^\n]*)|(?P<string>"[^"\n]*")"""
    r"""|(?P<op>==|!=|<=|>=|<<|>>|[{}()<>=,;|&^])|(?P<word>[^\s{}()<>=,;|&^"!]+|!)"""
)
FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
HANDLE = re.compile(r"#\s*handle\s+(\d+)")
CHAIN_PROPERTIES = re.compile(
    r"type\s+(?P<type>\w+)\s+hook\s+(?P<hook>\w+)(?:\s+device\s+\S+)?\s+priority\s+(?P<prio>[^;]+)"
)


class Token(Struct, frozen=True):
    """One word or sign of the text."""

    kind: str
    text: str
    line: int


def tokenize(text: str) -> list[Token]:
    """All tokens; a handle comment is kept, other comments are not."""
    found: list[Token] = []
    line, position = 1, 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:  # a quote that is not closed: take it as a word
            found.append(Token("word", text[position], line))
            position += 1
            continue
        kind, value = match.lastgroup or "word", match[0]
        if kind == "comment":
            if HANDLE.match(value):
                found.append(Token("handle", HANDLE.match(value)[1], line))  # type: ignore[index]
        elif kind != "space":
            found.append(Token(kind, value[1:-1] if kind == "string" else value, line))
        line += value.count("\n")
        position = match.end()
    return found


class TextReader:
    """Reads the blocks of a document into nft objects."""

    def __init__(self, text: str, draft: RuleSetDraft) -> None:
        self.tokens = tokenize(text)
        self.position = 0
        self.draft = draft
        self.objects: list[dict[str, Any]] = []
        self.variables: dict[str, list[Token]] = {}

    # ---- reading tokens ----

    def peek(self) -> Token | None:
        """The next token."""
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> Token:
        """The next token, consumed; at the end of the text an empty one."""
        token = self.peek()
        self.position += 1
        return token or Token("end", "", self.tokens[-1].line if self.tokens else 0)

    def skip_separators(self) -> None:
        """Past newlines and semicolons."""
        while (token := self.peek()) and (token.kind == "newline" or token.text == ";"):
            self.position += 1

    def statement(self) -> list[Token]:
        """Tokens up to the end of a statement; braces may span lines."""
        found: list[Token] = []
        depth = 0
        while (token := self.peek()) is not None:
            if depth == 0 and (token.kind == "newline" or token.text in (";", "}")):
                break
            if token.kind == "op":
                depth += {"{": 1, "}": -1}.get(token.text, 0)
            self.position += 1
            if token.kind != "newline":
                found += (
                    self.variables.get(token.text[1:], [token]) if token.text.startswith("$") else [token]
                )
        return found

    # ---- blocks ----

    def read(self) -> list[dict[str, Any]]:
        """The whole document."""
        while True:
            self.skip_separators()
            token = self.peek()
            if token is None:
                return self.objects
            if token.text == "table":
                self.take()
                self._table(token.line)
            elif token.text == "}":
                self.draft.note(token.line, "a closing brace without an opening one")
                self.take()
            else:
                self._command(self.statement())

    def _table(self, line: int) -> None:
        words = []
        while (token := self.peek()) is not None and token.text != "{" and token.kind != "newline":
            words.append(self.take().text)
        family, name = (
            (words[0], words[1]) if len(words) > 1 and words[0] in FAMILIES else ("ip", (words or [""])[0])
        )
        body = {"family": family, "name": name, "line": line}
        self.objects.append({"table": body})
        if self.peek() is None or self.take().text != "{":
            return
        self._block(body)

    def _block(self, body: dict[str, Any]) -> None:
        family, table = body["family"], body["name"]
        while True:
            self.skip_separators()
            token = self.peek()
            if token is None:
                self.draft.note(0, f"table {table} is not closed: the text may be cut off")
                return
            if token.text == "}":
                self.take()
                return
            if token.kind == "handle":
                self.take()
            elif token.text == "chain":
                self._chain(family, table)
            elif token.text in ("set", "map"):
                self._set(family, table)
            elif token.text in ("flowtable", "ct", "counter", "quota", "limit", "secmark", "synproxy"):
                self._skip_object()
            else:
                self._table_line(body, token)

    def _table_line(self, body: dict[str, Any], token: Token) -> None:
        words = self.statement()
        if not words:
            self.take()
        elif words[0].text == "flags":
            body["flags"] = [word.text for word in words[1:]]
        elif words[0].text != "comment":
            self.draft.note(token.line, f"not understood: {' '.join(word.text for word in words)[:80]}")

    def _skip_object(self) -> None:
        while (token := self.peek()) is not None and token.text != "{" and token.kind != "newline":
            self.take()
        if (token := self.peek()) is not None and token.text == "{":
            self.statement()

    def _open(self) -> tuple[str, int]:
        """``chain NAME {`` or ``set NAME {``: the name."""
        line = self.take().line
        name = self.take().text
        while (token := self.peek()) is not None and token.text != "{":
            self.take()
        self.take()
        return name, line

    def _chain(self, family: str, table: str) -> None:
        name, line = self._open()
        chain = {"family": family, "table": table, "name": name, "line": line}
        self.objects.append({"chain": chain})
        while True:
            self.skip_separators()
            token = self.peek()
            if token is None:
                self.draft.note(0, f"chain {name} is not closed: the text may be cut off")
                return
            if token.text == "}":
                self.take()
                return
            if token.kind == "handle":
                self.take()
                continue
            words = self.statement()
            if not words:
                self.take()
                continue
            self._chain_line(chain, words)

    def _chain_line(self, chain: dict[str, Any], words: list[Token]) -> None:
        first = words[0].text
        if first == "type" and len(words) > 2 and words[2].text == "hook":
            self._properties(chain, " ".join(word.text for word in words))
        elif first == "policy" and len(words) > 1:
            chain["policy"] = words[1].text
        elif first in ("comment", "flags"):
            return
        else:
            place = {key: chain[key] for key in ("family", "table")}
            self.objects.append({"rule": self._rule(place | {"chain": chain["name"]}, words)})

    def _properties(self, chain: dict[str, Any], text: str) -> None:
        if match := CHAIN_PROPERTIES.search(text):
            chain |= {"type": match["type"], "hook": match["hook"]}
            chain["prio"] = match["prio"].strip()

    def _rule(self, place: dict[str, Any], words: list[Token]) -> dict[str, Any]:
        """One rule; what cannot be read of it is kept in its words."""
        handle = next((int(word.text) for word in words if word.kind == "handle"), None)
        words = [word for word in words if word.kind != "handle"]
        line = words[0].line if words else 0
        rule: dict[str, Any] = {**place, "handle": handle, "line": line, "text": _shown(words)}
        tokens = Tokens([(word.text, word.kind == "string") for word in words])
        rule["expr"] = parse_statements(tokens)
        comments = [part["comment"] for part in rule["expr"] if "comment" in part]
        if comments:
            rule["comment"] = comments[0]
        return rule

    def _set(self, family: str, table: str) -> None:
        kind = self.peek().text if self.peek() else "set"  # type: ignore[union-attr]
        name, line = self._open()
        body: dict[str, Any] = {"family": family, "table": table, "name": name, "line": line, "elem": []}
        while (token := self.peek()) is not None:
            self.skip_separators()
            if (token := self.peek()) is None or token.text == "}":
                self.take()
                break
            words = self.statement()
            if not words:
                self.take()
                continue
            if words[0].text == "flags":
                body["flags"] = [word.text for word in words[1:] if word.text != ","]
            elif words[0].text == "elements":
                body["elem"] = parse_elements(
                    Tokens([(word.text, word.kind == "string") for word in words[2:]])
                )
        self.objects.append({kind: body})

    # ---- commands of scripts ----

    def _command(self, words: list[Token]) -> None:
        """``add rule inet t c …``, ``flush table …``, ``define x = …``."""
        texts = [word.text for word in words if word.kind != "handle"]
        if not texts:
            self.take()
            return
        if texts[0] == "define" and len(texts) > 3:
            self.variables[texts[1]] = words[3:]
            return
        operation = (
            texts[0] if texts[0] in ("add", "insert", "create", "delete", "flush", "replace") else None
        )
        if operation is None or len(texts) < 2:
            if texts[0] not in ("include", "list", "nft", "destroy") and not {"nft", "list"} <= set(texts):
                self.draft.note(words[0].line, f"not understood: {' '.join(texts)[:80]}")
            return
        self._object_command(operation, words, texts)

    def _object_command(self, operation: str, words: list[Token], texts: list[str]) -> None:
        kind, rest = texts[1], texts[2:]
        offset = 2
        family = "ip"
        if rest and rest[0] in FAMILIES:
            family, rest, offset = rest[0], rest[1:], 3
        line = words[0].line
        if kind == "ruleset":
            self.objects.append({operation: {"ruleset": None}})
            return
        if not rest:
            self.draft.note(line, f"{operation} {kind} without a name")
            return
        place: dict[str, Any] = {"family": family, "table": rest[0], "line": line}
        match kind:
            case "table":
                body: dict[str, Any] = {
                    "family": family,
                    "name": rest[0],
                    "line": line,
                    "flags": _flags(rest),
                }
            case "chain":
                body = place | {"name": rest[1] if len(rest) > 1 else ""}
                text = " ".join(rest[2:])
                self._properties(body, text)
                if policy := re.search(r"policy\s+(\w+)", text):
                    body["policy"] = policy[1]
            case "rule":
                body = self._rule_command(place, words[offset + 1 :])
            case "set" | "map" | "element":
                body = place | {"name": rest[1] if len(rest) > 1 else "", "elem": self._inline(words)}
                body["flags"] = _flags(rest)
            case _:
                return
        self.objects.append({operation: {kind: body}})

    def _inline(self, words: list[Token]) -> list[Any]:
        """The elements of ``add element … { … }`` and ``add set … { … elements = { … } }``."""
        texts = [word.text for word in words]
        if "elements" in texts:
            start = texts.index("elements") + 2
        elif texts[1] == "element" and "{" in texts:
            start = texts.index("{")
        else:
            return []
        return parse_elements(Tokens([(word.text, word.kind == "string") for word in words[start:]]))

    def _rule_command(self, place: dict[str, Any], words: list[Token]) -> dict[str, Any]:
        """``CHAIN [index N | handle N] STATEMENTS``; ``position`` is an old word for ``handle``."""
        chain = words[0].text if words else ""
        words = words[1:]
        where: dict[str, int | None] = {"position": None}
        while len(words) > 1 and words[0].text in ("index", "position", "handle") and words[1].text.isdigit():
            where["index" if words[0].text == "index" else "position"] = int(words[1].text)
            words = words[2:]
        return {**self._rule(place | {"chain": chain}, words), **where}


def _flags(words: list[str]) -> list[str]:
    """What stands behind ``flags``."""
    found = re.search(r"flags\s+([\w, ]+)", " ".join(words))
    return found[1].replace(",", " ").split() if found else []


def _shown(words: list[Token]) -> str:
    """The rule's words without counters' figures."""
    text = " ".join(f'"{word.text}"' if word.kind == "string" else word.text for word in words)
    text = re.sub(r"\bcounter packets \d+ bytes \d+", "counter", text)
    return re.sub(r" ,", ",", text)


def read_text(text: str, draft: RuleSetDraft) -> RuleSet:
    """A listing or a script. ``nft list ruleset`` speaks for both families."""
    fill(text, draft)
    return draft.finish()


def fill(text: str, draft: RuleSetDraft) -> None:
    """Read a listing or a script into a draft."""
    objects = TextReader(text, draft).read()
    NftReader(draft).read(objects)
    draft.covers |= set(Family)
    shown = Shown.RULESET if re.search(r"^\s*table \S+ \S+ *\{", text, re.MULTILINE) else Shown.SCRIPT
    for table in draft.tables:
        table.shown = shown
