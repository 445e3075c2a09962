"""A trace as a Mermaid flowchart: a subgraph a pod, a thick arrow along each branch with its share, a verdict at each end."""

from __future__ import annotations

from meshctl.plain import visible_lines
from meshctl.render.markup import mermaid_label
from meshctl.render.trace_picture import Box, Branch, End, Picture
from meshctl.values import Struct, field

_SHAPES = {"app": ("([", "])"), "end": ("([", "])"), "capture": ("{{", "}}"), "network": ("[/", "/]")}
_COLOURS = {"good": "#1a7f37", "bad": "#cf222e", "open": "#9a6700"}


def _node(box: Box, index: int) -> str:
    opening, closing = _SHAPES.get(box.kind, ("[", "]"))
    label = f"<b>{mermaid_label(box.head)}</b><br/>{mermaid_label(box.text)}"
    if box.detail:
        label += f"<br/><i>{mermaid_label(box.detail)}</i>"
    if box.resource:
        label += f"<br/>from {mermaid_label(box.resource)}"
    return f'n{index}{opening}"{label}"{closing}'


class _Chart(Struct):
    """The lines so far: nodes in subgraphs, arrows, styles."""

    nodes: list[str] = field(default_factory=list)
    arrows: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    index: int = 0
    frames: int = 0
    ends: int = 0

    def branch(self, branch: Branch, before: int | None) -> None:
        """A branch's own boxes, then what it forks into."""
        label = branch.share if before is not None else ""
        for frame in branch.frames:
            self.nodes.append(f'  subgraph g{self.frames}["{mermaid_label(frame.title)}"]')
            self.frames += 1
            for box in frame.boxes:
                self.nodes.append(f"    {_node(box, self.index)}")
                if box.dashed:
                    self.styles.append(f"  style n{self.index} stroke-dasharray:5 4")
                if before is not None:
                    self._arrow(before, f"n{self.index}", label, branch.copy)
                before, label = self.index, ""
                self.index += 1
            self.nodes.append("  end")
        for inner in branch.branches:
            self.branch(inner, before)
        if branch.end is not None:
            self._end(branch.end, before, label)

    def _arrow(self, before: int, node: str, label: str, copy: bool = False) -> None:
        line = "-.->" if copy else "==>"
        share = f'|"{mermaid_label(label)}"|' if label else ""
        self.arrows.append(f"  n{before} {line}{share} {node}")

    def _end(self, end: End, before: int | None, label: str) -> None:
        node = f"verdict{self.ends or ''}"
        self.ends += 1
        code = f"<br/>{mermaid_label(end.code)}" if end.code else ""
        self.nodes.append(f'  {node}(["<b>{mermaid_label(end.verdict)}</b>{code}"])')
        if before is not None:
            self._arrow(before, node, label)
        self.styles.append(f"  style {node} stroke:{_COLOURS[end.mood]},stroke-width:3px")


def render(drawn: Picture) -> str:
    """All branches as a flowchart."""
    chart = _Chart()
    chart.branch(drawn.root, None)
    lines = [
        "---",
        f'title: "{mermaid_label(drawn.title)}"',
        "---",
        "flowchart TD",
        *chart.nodes,
        *chart.arrows,
        *chart.styles,
    ]
    return visible_lines(lines)
