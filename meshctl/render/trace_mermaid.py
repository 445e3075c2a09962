"""A trace as a Mermaid flowchart: one subgraph a pod, the chosen path in thick arrows, the verdict at the end."""

from __future__ import annotations

import itertools

from meshctl.render.trace_picture import Box, Picture

_SHAPES = {"app": ("([", "])"), "end": ("([", "])"), "capture": ("{{", "}}"), "network": ("[/", "/]")}


def _quoted(text: str) -> str:
    """Text inside a Mermaid label: quotes and pipes would end it."""
    return text.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def _node(box: Box, index: int) -> str:
    opening, closing = _SHAPES.get(box.kind, ("[", "]"))
    label = f"<b>{_quoted(box.head)}</b><br/>{_quoted(box.text)}"
    if box.detail:
        label += f"<br/><i>{_quoted(box.detail)}</i>"
    return f'n{index}{opening}"{label}"{closing}'


def render(drawn: Picture) -> str:
    """The likeliest way as a flowchart."""
    lines = ["---", f'title: "{drawn.title}"', "---", "flowchart TD"]
    index = 0
    nodes: list[int] = []
    dashed: list[int] = []
    for number, frame in enumerate(drawn.frames):
        lines.append(f'  subgraph g{number}["{_quoted(frame.title)}"]')
        for box in frame.boxes:
            lines.append(f"    {_node(box, index)}")
            if box.dashed:
                dashed.append(index)
            nodes.append(index)
            index += 1
        lines.append("  end")
    lines += [f"  n{a} ==> n{b}" for a, b in itertools.pairwise(nodes)]
    lines += [f"  style n{node} stroke-dasharray:5 4" for node in dashed]
    lines.append(f'  verdict(["<b>{_quoted(drawn.verdict)}</b>"])')
    if nodes:
        lines.append(f"  n{nodes[-1]} ==> verdict")
    colour = {"good": "#1a7f37", "bad": "#cf222e", "open": "#9a6700"}[drawn.mood]
    lines.append(f"  style verdict stroke:{colour},stroke-width:3px")
    return "\n".join(lines) + "\n"
