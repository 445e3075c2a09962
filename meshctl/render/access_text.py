"""Who may call: a port's guards in words, answers to calls, callers against ports, and what STRICT would break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from meshctl.access.calls import Answer, Call
from meshctl.access.matrix import Break, Cell
from meshctl.access.ports import Guard, Port
from meshctl.plain import Json, visible
from meshctl.render.layout import Paint, hanging
from meshctl.views.table import Table

_COLOURS = {
    Answer.ALLOWED: "green",
    Answer.DENIED: "red",
    Answer.AUTHORIZER: "yellow",
    Answer.DEPENDS: "yellow",
    Answer.UNDECIDED: "yellow",
}
_TLS = {
    "STRICT": "mutual TLS only (STRICT)",
    "PERMISSIVE": "mutual TLS or plain text (PERMISSIVE)",
    "DISABLE": "plain text (DISABLE)",
}
_KINDS = {"LOG": "AUDIT"}


def guards(name: str, found: Sequence[Port], *, colour: bool, width: int | None) -> str:
    """The ports of a pod, each with what guards it, in the order it is asked."""
    paint = Paint(colour)
    lines: list[str] = []
    for port in found:
        number = f"port {port.number}" if port.number else "any other port"
        over = " or ".join(port.over)
        head = f"{name}, {number} ({over}): {_TLS.get(port.tls, port.tls)}"
        lines += ["", paint(visible(head), "bold"), *_guarded(port, width)]
    return "".join(f"{line}\n" for line in lines[1:])


def _guarded(port: Port, width: int | None) -> Iterator[str]:
    if not port.guards:
        yield "  no policy: every caller that the TLS above lets in may call"
        return
    for over in port.over:
        own = [guard for guard in port.guards if guard.over == over]
        if len(port.over) > 1:
            yield f"  over {over}"
        for guard in own:
            yield from _guard(guard, width)
        yield f"  {_otherwise(own)}"


def _guard(guard: Guard, width: int | None) -> Iterator[str]:
    kind = _KINDS.get(guard.kind, guard.kind) + (" (dry run: decides nothing)" if guard.dry else "")
    if guard.words:
        yield from hanging(guard.words, width, f"  {kind:<10} ", 6)
        return
    if not guard.rules:
        yield f"  {kind:<10} no rules"
    for rule in guard.rules:
        yield visible(f"  {kind:<10} {rule.policy}")
        yield from hanging(_who(rule.source), width, "      from  ", 12)
        yield from hanging("anything" if rule.target == "anyone" else rule.target, width, "      to    ", 12)
        if rule.when:
            yield from hanging(rule.when, width, "      when  ", 12)


def _who(text: str) -> str:
    return "anyone" if text in ("anyone", "anything") else text


def _otherwise(found: Sequence[Guard]) -> str:
    if any(guard.kind == "ALLOW" and not guard.dry for guard in found):
        return "otherwise  denied: there are ALLOW policies"
    if any(guard.kind == "MATCHER" for guard in found):
        return "otherwise  as the matcher says"
    return "otherwise  allowed: there is no ALLOW policy"


def answered(cell: Cell, *, colour: bool, width: int | None) -> str:
    """One call, evaluated."""
    paint = Paint(colour)
    call = cell.call
    who = cell.caller.identity or f"{cell.caller.name or 'a caller'} in plain text"
    lines = hanging(
        f"{who}  ->  {cell.target.full_name}:{cell.port.number or 'any'} ({call.over})", width, "", 2
    )
    for chosen, detail in call.steps:
        lines += hanging(f"{chosen}   {detail}", width, "  ", 4)
    text = _sentence(call)
    head = call.answer.value.upper()
    first, *rest = hanging(text, width, f"{head}  ", 2)
    lines += [first.replace(head, paint(head, _COLOURS[call.answer]), 1), *rest]
    return "".join(f"{line}\n" for line in lines)


def _sentence(call: Call) -> str:
    parts = [call.by] if call.by else []
    if call.on:
        word = "it depends on" if call.answer in (Answer.DEPENDS, Answer.AUTHORIZER) else "not told:"
        parts.append(f"{word} {', '.join(call.on)}")
    parts += [f"beside the policies: {reason}" for reason in call.beside]
    return "; ".join(parts)


def matrix(cells: Iterable[Cell], *, colour: bool, width: int | None) -> str:
    """Port by port: the callers by answer, those that are answered alike together."""
    paint = Paint(colour)
    lines: list[str] = []
    for (name, number, over, tls), found in _by_port(cells).items():
        if lines:
            lines.append("")
        port = number or "any other port"
        lines.append(paint(visible(f"{name}:{port} ({over}, {tls})"), "bold"))
        for (answer, sentence), names in found.items():
            word = paint(f"{answer.value:<18}", _COLOURS[answer])
            first, *rest = hanging(", ".join(names), width, "  " + " " * 18 + "  ", 22)
            lines.append(first.replace("  " + " " * 18, f"  {word}", 1))
            lines += rest
            if sentence:
                lines += hanging(sentence, width, " " * 22, 24)
    return "".join(f"{line}\n" for line in lines)


def _by_port(cells: Iterable[Cell]) -> dict[tuple[str, int, str, str], dict[tuple[Answer, str], list[str]]]:
    found: dict[tuple[str, int, str, str], dict[tuple[Answer, str], list[str]]] = {}
    for cell in cells:
        key = (cell.target.full_name, cell.port.number, " or ".join(cell.port.over), cell.port.tls)
        answers = found.setdefault(key, {})
        answers.setdefault((cell.call.answer, _sentence(cell.call)), []).append(cell.caller.name)
    return found


def table(cells: Iterable[Cell]) -> Table:
    """A row a caller and port."""
    rows = [
        (
            cell.caller.name,
            cell.caller.identity or "-",
            cell.target.full_name,
            str(cell.port.number or "*"),
            cell.call.answer.value,
            _sentence(cell.call) or "-",
        )
        for cell in cells
    ]
    return Table(("CALLER", "IDENTITY", "TARGET", "PORT", "ANSWER", "BY"), rows, padding=3)


def broken(found: Sequence[Break], *, width: int | None) -> str:
    """What STRICT would break."""
    if not found:
        return "nothing that was given speaks plain text to a pod with a sidecar\n"
    lines = []
    for one in found:
        through = f", through {one.through}" if one.through else ""
        lines += hanging(f"{one.why}{through}", width, f"{one.caller}  ->  {one.target}:{one.port}  ", 6)
    return "".join(f"{line}\n" for line in lines)


def guards_document(name: str, found: Sequence[Port]) -> Json:
    return {
        "pod": name,
        "ports": [
            {
                "port": port.number or None,
                "tls": port.tls,
                "over": list(port.over),
                "guards": [
                    {
                        "kind": _KINDS.get(guard.kind, guard.kind),
                        "over": guard.over,
                        "dry_run": guard.dry,
                        "words": guard.words or None,
                        "rules": [
                            {
                                "policy": r.policy,
                                "name": r.name,
                                "from": r.source,
                                "to": r.target,
                                "when": r.when or None,
                            }
                            for r in guard.rules
                        ],
                    }
                    for guard in port.guards
                ],
            }
            for port in found
        ],
    }


def cell_document(cell: Cell) -> Json:
    call = cell.call
    return {
        "caller": cell.caller.name or None,
        "identity": cell.caller.identity or None,
        "target": cell.target.full_name,
        "port": cell.port.number or None,
        "over": call.over,
        "tls": cell.port.tls,
        "answer": call.answer.value,
        "by": call.by or None,
        "depends_on": list(call.on),
        "beside": list(call.beside),
    }


def break_document(one: Break) -> Json:
    return {
        "caller": one.caller,
        "target": one.target,
        "port": one.port,
        "cluster": one.through or None,
        "why": one.why,
    }
