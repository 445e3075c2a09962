"""An answer of ``why`` as text: what happened, on the way it happened, why, and what to look at next."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.plain import visible
from meshctl.render.layout import Paint, hanging, wrap
from meshctl.why.account import Place, Reach
from meshctl.why.report import Why, today
from meshctl.why.tally import Group, Tally

_MARKS = {Reach.PASSED: " ", Reach.HERE: "\N{BALLOT X}", Reach.BEYOND: "\N{MIDDLE DOT}", Reach.UNKNOWN: "?"}


def render(why: Why, *, colour: bool, width: int | None) -> str:
    """The whole answer."""
    paint = Paint(colour)
    account = why.account
    lines = [paint(line, "red" if account.failed else "green") for line in wrap(account.headline, width)]
    if why.entry is not None:
        lines += hanging(_answered(why), width, "", 0)
    lines += ["", *(_place(place, paint) for place in account.places)]
    lines += _section("What it says", _says(why, width), paint)
    lines += _section("Likely causes, the commonest first", _bullets(account.causes, width), paint)
    name = why.pod.full_name if why.pod is not None else ""
    lines += _section(f"In the configuration of {name}", _facts(why, width), paint)
    if why.replay is not None:
        lines += _section("Traced again", _bullets(today(why), width), paint)
    elif why.missing:
        lines += _section("Not traced again", _bullets([why.missing], width), paint)
    lines += _section("To look at next", _next(why, width), paint)
    return "\n".join(lines) + "\n"


def short(why: Why) -> str:
    """One line."""
    account = why.account
    stage = account.stage.value if account.stage is not None else "-"
    return visible(f"{account.headline} [{stage}; answered by {account.answered_by}]") + "\n"


def _answered(why: Why) -> str:
    side = {"inbound": "inbound", "outbound": "outbound", "gateway": "at a gateway"}.get(why.direction, "")
    where = ", ".join(part for part in (why.pod.full_name if why.pod is not None else "", side) if part)
    caused = why.account.origin
    by = (
        f"; caused by {caused.value}"
        if caused is not None and caused.value != why.account.answered_by
        else ""
    )
    return f"Answered by {why.account.answered_by}{f' ({where})' if where else ''}{by}: {why.account.by}."


def _place(place: Place, paint: Paint) -> str:
    name = visible(place.name)
    if place.reach is Reach.BEYOND:
        name = "not reached"
    elif place.reach is Reach.UNKNOWN:
        name = name or "how far it came is not told"
    line = f"{_MARKS[place.reach]} {place.stage.value:<9} {name}".rstrip()
    colour = {Reach.HERE: "red", Reach.BEYOND: "dim", Reach.UNKNOWN: "dim"}.get(place.reach)
    return paint(line, colour) if colour else line


def _section(title: str, lines: list[str], paint: Paint) -> list[str]:
    return ["", paint(visible(title), "bold"), *lines] if lines else []


def _says(why: Why, width: int | None) -> list[str]:
    lines = [
        line for word, means in why.account.sentences for line in hanging(means, width, f"  {word}  ", 6)
    ]
    for word in why.account.unknown:
        lines += hanging("is none of the words of Envoy 1.40 that are known here", width, f"  {word}  ", 6)
    return lines


def _bullets(texts: tuple[str, ...] | list[str], width: int | None) -> list[str]:
    return [line for text in texts for line in hanging(text, width, "  - ", 4)]


def _facts(why: Why, width: int | None) -> list[str]:
    column = max((len(visible(fact.what)) for fact in why.facts), default=0)
    lines = []
    for fact in why.facts:
        where = f"   ({fact.where})" if fact.where else ""
        lines += hanging(f"{fact.value}{where}", width, f"  {visible(fact.what):<{column}}  ", 6)
    return lines


def _next(why: Why, width: int | None) -> list[str]:
    lines = []
    for one in why.next:
        lines += [f"  {visible(one.command)}", *hanging(one.shows, width, "      ", 6)]
    return lines


def tally(found: Tally, *, colour: bool, width: int | None) -> str:
    """A log by cause: what failed, each kind with its sentence; what went well in one line."""
    paint = Paint(colour)
    failed, well = found.failed, found.well
    lines = []
    entries = sum(group.count.number for group in found.groups)
    bad = sum(group.count.number for group in failed)
    told = f"{entries} entries, {bad} ended badly"
    lines.append(paint(told + (f"; {found.other} other lines" if found.other else ""), "bold"))
    for group in failed:
        lines += ["", *_group(group, paint, width)]
    if well:
        lines += ["", paint("Ended well", "bold"), *_well(well)]
    return "\n".join(lines) + "\n"


def _group(group: Group, paint: Paint, width: int | None) -> Iterator[str]:
    first = hanging(group.account.headline, width, f"{group.count.number:>7}  ", 9)
    yield paint(first[0], "red")
    yield from first[1:]
    place = ", ".join(
        f"{word} {group.fields[name]}"
        for word, name in (("route", "route_name"), ("to", "upstream_cluster"))
        if group.fields.get(name)
    )
    details = group.fields.get("response_code_details", "")
    for text in (details, place, f"{group.count.first} to {group.count.last}"):
        if text:
            yield from hanging(text, width, "         ", 11)
    for cause in group.account.causes[:2]:
        yield from hanging(cause, width, "         - ", 11)


def _well(groups: list[Group]) -> Iterator[str]:
    for group in groups:
        flags = group.fields.get("response_flags", "")
        code = " ".join(part for part in (group.fields.get("response_code", "-"), flags) if part)
        yield visible(f"{group.count.number:>7}  {code}  {group.fields.get('upstream_cluster', '')}".rstrip())
