"""One printer: what a command hands over, and the forms it can be printed in, are data.

Theory of operation. A command offers contents (a table, a document, a picture ...), each as a function that makes it
when it is asked for. A form prints one kind of content; so the forms a command has follow from what it offers, and
``-o`` is parsed, completed and documented from the same table. Adding a form is one module with a function and one
line in ``_FORMS``: every command that offers its content then has it.
"""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from meshctl.errors import UsageError
from meshctl.values import Struct, replace
from meshctl.views.view import Layout


class Content(enum.Enum):
    """What can be handed over, and the type of the value."""

    TEXT = "text for people: str"
    SHORT = "the usual table or text: Table or str"
    WIDE = "the same with everything: Table or str"
    DOCUMENT = "plain values: Document"
    NAMES = "one name a line: iterable of str"
    DIAGRAM = "a drawing as text: str"
    PICTURE = "a drawing: meshctl.render.trace_picture.Picture"
    FINDINGS = "findings of checks: meshctl.check.Report"
    DIFFERENCES = "differences of proxies: list of meshctl.diff.resources.Difference"
    ROWS = "the answer of an SQL statement: pyarrow.Table"
    RESULTS = "results of tests: (file, list of meshctl.trace.expectations.Result)"


class Document(Struct, frozen=True):
    """Plain values for machines.

    layout: which of Go's writers istioctl uses for it, None for documents of our own: those keep the order of their
    keys and are indented by ``indent``. items: what is one line each as JSON lines; the value itself when None. kind: the name of
    its schema (``meshctl schema``), "" for what is somebody else's.
    """

    value: Any
    layout: Layout | None = None
    indent: int = 2
    items: Iterable[Any] | None = None
    kind: str = ""

    @property
    def content(self) -> Any:
        """The value as it is printed: an object of our own says first which schema it follows."""
        if not self.kind:
            return self.value
        import msgspec

        value = msgspec.to_builtins(self.value, enc_hook=str)
        return {"schemaVersion": schema_version(self.kind), **value} if isinstance(value, dict) else value


def schema_version(kind: str) -> str:
    """What ``schemaVersion`` says in a document of this kind."""
    return f"meshctl.io/{kind}/v1"


class Form(Struct, frozen=True):
    """An output form: its name, the content it prints, and ``module:function`` (content -> str or bytes)."""

    name: str
    content: Content
    printer: str
    argument: str | None = None  # what stands behind the name, for a form whose name ends in "="

    def render(self, value: Any) -> str | bytes:
        module, _, function = self.printer.partition(":")
        more = () if self.argument is None else (self.argument,)
        found: str | bytes = getattr(importlib.import_module(f"meshctl.render.{module}"), function)(
            value, *more
        )
        return found


_FORMS = (
    Form("text", Content.TEXT, "plain:text"),
    Form("short", Content.SHORT, "plain:text"),
    Form("wide", Content.WIDE, "plain:text"),
    Form("json", Content.DOCUMENT, "json_out:document"),
    Form("yaml", Content.DOCUMENT, "yaml_out:document"),
    Form("jsonl", Content.DOCUMENT, "json_out:document_lines"),
    Form("csv", Content.SHORT, "csv_out:render"),
    Form("jsonpath=", Content.DOCUMENT, "paths:jsonpath"),
    Form("custom-columns=", Content.DOCUMENT, "paths:columns"),
    Form("name", Content.NAMES, "plain:names"),
    Form("mermaid", Content.DIAGRAM, "plain:text"),
    Form("svg", Content.PICTURE, "trace_svg:render"),
    Form("html", Content.PICTURE, "trace_html:render"),
    Form("junit", Content.RESULTS, "trace_results:junit"),
    Form("table", Content.ROWS, "rows_out:table"),
    Form("json", Content.ROWS, "rows_out:json"),
    Form("jsonl", Content.ROWS, "rows_out:jsonl"),
    Form("csv", Content.ROWS, "rows_out:comma"),
    Form("parquet", Content.ROWS, "rows_out:parquet"),
    Form("tap", Content.RESULTS, "trace_results:tap"),
    Form("sarif", Content.FINDINGS, "check_out:sarif"),
    Form("junit", Content.FINDINGS, "check_out:junit"),
    Form("html", Content.FINDINGS, "check_html:render"),
    Form("markdown", Content.DIFFERENCES, "diff_out:markdown"),
    Form("html", Content.DIFFERENCES, "diff_out:html"),
)

Offers = Mapping[Content, Callable[[], Any]]


class Outputs(Struct, frozen=True):
    """The forms of one command: those of the contents it offers, but for the names it leaves out."""

    contents: tuple[Content, ...]
    default: str
    without: tuple[str, ...] = ()

    @property
    def forms(self) -> dict[str, Form]:
        return {f.name: f for f in _FORMS if f.content in self.contents and f.name not in self.without}

    @property
    def words(self) -> str:
        """The names, as a help line lists them."""
        *most, last = self.forms
        return f"{', '.join(most)} or {last}" if most else last

    def parse(self, text: str) -> Form:
        """The form of this name; UsageError names those there are."""
        name, mark, argument = text.partition("=")
        found = self.forms.get(name + mark)
        if found is not None and mark:
            return replace(found, argument=argument)
        if found is None:
            raise UsageError(f'output format "{text}" not supported', "", f"Use {self.words}.")
        return found


def printed(form: Form, offers: Offers) -> str | bytes:
    """What a command offers, in one form; only the content that is printed is made."""
    return form.render(offers[form.content]())
