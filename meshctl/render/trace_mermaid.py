"""A trace as a Mermaid flowchart: one subgraph a pod, the chosen path in thick arrows, the verdict at the end."""

from __future__ import annotations

import itertools

from meshctl.plain import visible_lines
from meshctl.render.markup import mermaid_label
from meshctl.render.trace_picture import Box, Picture

_SHAPES = {"app": ("([", "])"), "end": ("([", "])"), "capture": ("{{", "}}"), "network": ("[/", "/]")}


def _node(box: Box, index: int) -> str:
    opening, closing = _SHAPES.get(box.kind, ("[", "]"))
    label = f"<b>{mermaid_label(box.head)}</b><br/>{mermaid_label(box.text)}"
    if box.detail:
        label += f"<br/><i>{mermaid_label(box.detail)}</i>"
    return f'n{index}{opening}"{label}"{closing}'


def render(drawn: Picture) -> str:
    """The likeliest way as a flowchart."""
    lines = ["---", f'title: "{mermaid_label(drawn.title)}"', "---", "flowchart TD"]
    index = 0
    nodes: list[int] = []
    dashed: list[int] = []
    for number, frame in enumerate(drawn.frames):
        lines.append(f'  subgraph g{number}["{mermaid_label(frame.title)}"]')
        for box in frame.boxes:
            lines.append(f"    {_node(box, index)}")
            if box.dashed:
                dashed.append(index)
            nodes.append(index)
            index += 1
        lines.append("  end")
    lines += [f"  n{a} ==> n{b}" for a, b in itertools.pairwise(nodes)]
    lines += [f"  style n{node} stroke-dasharray:5 4" for node in dashed]
    lines.append(f'  verdict(["<b>{mermaid_label(drawn.verdict)}</b>"])')
    if nodes:
        lines.append(f"  n{nodes[-1]} ==> verdict")
    colour = {"good": "#1a7f37", "bad": "#cf222e", "open": "#9a6700"}[drawn.mood]
    lines.append(f"  style verdict stroke:{colour},stroke-width:3px")
    return visible_lines(lines)
