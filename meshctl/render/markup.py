"""Names in SVG and HTML: escaped, and without characters that XML forbids or that turn words around."""

from __future__ import annotations

import html

from meshctl.plain import visible


def escape(text: str) -> str:
    """Text of an element or of an attribute in double quotes; its line breaks stay, they mean nothing there."""
    return html.escape("\n".join(visible(line) for line in text.split("\n")))


def mermaid_label(text: str) -> str:
    """Text inside a quoted label of Mermaid: a quote would end it, a line break the statement."""
    return visible(text).replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
