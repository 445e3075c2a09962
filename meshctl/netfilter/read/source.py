"""Find out what a text is, and read it into a rule set.

Nothing is asked of the user: iptables-save, a restore script, ``iptables -S`` or ``-L``, nft text or
JSON, and logs of istio-init or istio-cni-node are told apart by their content. A paste is first
cleaned of what pasting did to it (HTML escapes, quote marks, code fences), keeping line numbers.
"""

from __future__ import annotations

import re

from meshctl.netfilter.model import Note, RuleSet
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.draft import RuleSetDraft
from meshctl.netfilter.read.iptables_list import ListingReader, is_listing
from meshctl.netfilter.read.iptables_save import SaveReader
from meshctl.netfilter.read.istio_log import is_log, read_log
from meshctl.netfilter.read.listed_istio import with_interfaces
from meshctl.patterns import expression
from meshctl.values import replace

HTML_ESCAPE = expression(r"&(?:gt|lt|amp|quot|nbsp|#\d+|#x[0-9a-fA-F]+);")
QUOTED = expression(r"^\s*(?:>\s?)+")


def clean(text: str, draft: RuleSetDraft) -> list[str]:
    """The lines, without what a mail, a web page or a chat added."""
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\xa0", " ").split("\n")
    escaped = [number for number, line in enumerate(lines, 1) if HTML_ESCAPE.search(line)]
    if escaped:
        import html

        draft.note(escaped[0], "the text is HTML-escaped; it was unescaped")
        lines = [html.unescape(line) for line in lines]
    return [QUOTED.sub("", line) for line in lines]


def parse_rules(
    text: str, *, name: str = "rules", family: Family | None = None, pod: str | None = None
) -> RuleSet:
    """Rules of any source.

    name: stands in notes. family: helps where the text does not say. pod: whose rules, of a log about
    several pods.
    """
    draft = RuleSetDraft(name)
    lines = clean(text, draft)
    if not text.strip():
        draft.covers |= {family} if family else set(Family)
        return draft.finish()
    if is_log(lines):
        return read_log(lines, draft, pod)
    return FORMS[form_of(lines)](lines, draft, family)


# What a text is: the first form with a line like this.
SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("nft json", expression(r'^\s*\{\s*("nftables"|$)')),
    ("iptables", expression(r"^\s*(\*\s*(nat|mangle|raw|filter|security)\b|:[A-Z][\w-]* (ACCEPT|DROP|-))")),
    (
        "nft text",
        expression(
            r"^\s*(table (ip6?|inet|arp|bridge|netdev) \S+ *\{|(add|flush|insert|create) (table|rule|chain|set|ruleset)\b|flush ruleset)"
        ),
    ),
    ("iptables", expression(r"^\s*(\[\d+:\d+\] *)?-[APN] \S")),
)


def form_of(lines: list[str]) -> str:
    """The notation of the text."""
    if is_listing(lines):
        return "listing"
    for form, sign in SIGNS:
        if any(sign.match(line) for line in lines):
            return form
    return "iptables"


def _nft_text(lines: list[str], draft: RuleSetDraft, family: Family | None) -> RuleSet:
    from meshctl.netfilter.read.nft_text import read_text

    return read_text("\n".join(lines), draft)


def _nft_json(lines: list[str], draft: RuleSetDraft, family: Family | None) -> RuleSet:
    from meshctl.netfilter.read.nft_json import read_json

    return read_json("\n".join(lines), draft)


def read_iptables(lines: list[str], draft: RuleSetDraft, family: Family | None) -> RuleSet:
    """All lines as iptables notation."""
    reader = SaveReader(draft, family)
    for number, line in enumerate(lines, 1):
        if not reader.feed(number, line):
            draft.note(number, f"not understood: {line.strip()[:80]}")
    reader.end()
    return draft.finish()


def _listing(lines: list[str], draft: RuleSetDraft, family: Family | None) -> RuleSet:
    reader = ListingReader(draft, family)
    for number, line in enumerate(lines, 1):
        reader.feed(number, line)
    reader.end()
    return _with_interfaces(draft.finish())


def _with_interfaces(rules: RuleSet) -> RuleSet:
    """A listing without -v of Istio's own rules, with the interfaces that Istio gives them: assumed, and said so."""
    found = [with_interfaces(table) for table in rules.tables]
    if not any(rules.facts.get("interfaces") == "hidden" for _ in found) or all(t is None for t in found):
        return rules
    tables = tuple(new or old for new, old in zip(found, rules.tables, strict=True))
    text = "the listing (made without -v) is of Istio's own rules: their interfaces are assumed to be Istio's"
    notes = tuple(n for n in rules.notes if "without -v" not in n.text)
    facts = {**rules.facts, "assumed": "the rules' interfaces (a listing without -v)"}
    return replace(rules, tables=tables, notes=(*notes, Note(0, text, rules.source)), facts=facts)


FORMS = {"listing": _listing, "iptables": read_iptables, "nft text": _nft_text, "nft json": _nft_json}
