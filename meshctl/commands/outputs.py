"""The ``-o`` option of a command, made from the forms that the command offers, and writing to stdout."""

from __future__ import annotations

import sys
from typing import Any

from meshctl.commands.declared import Option
from meshctl.render.interface import Content, Form, Offers, Outputs, printed


def declared(outputs: Outputs, more: str = "") -> Option:
    """``--output/-o``: its help line and its completion come from the table of forms; ``more``: what else there is."""
    return Option(
        "output",
        ("--output", "-o"),
        f"{outputs.words}{'; ' + more if more else ''}.",
        default=outputs.default,
        metavar="FORM",
        words=tuple(outputs.forms),
    )


def option(outputs: Outputs, more: str = "") -> Any:
    """The same as typer takes it."""
    from meshctl.commands import as_typer

    return as_typer.option(declared(outputs, more))


def show(outputs: Outputs, output: str, offers: Offers) -> None:
    """Print what is offered in the form that is asked for."""
    show_form(outputs.parse(output), offers)


def show_form(form: Form, offers: Offers) -> None:
    """Print what is offered in a form."""
    present(printed(form, offers), form)


def present(text: str | bytes, form: Form, when: str = "auto") -> None:
    """A form's text; tables for a person in colour, and those of ``-o wide`` through a pager."""
    if form.content not in (Content.SHORT, Content.WIDE):
        write(text)
        return
    from meshctl.commands import terminal

    table = text if isinstance(text, str) else text.decode()
    if terminal.colour(when):
        from meshctl.render.alarm import coloured

        table = coloured(table)
    if form.content is Content.WIDE and sys.stdout.isatty():
        terminal.page(table, write)
    else:
        write(table)


def write(text: str | bytes | memoryview) -> None:
    """To stdout as UTF-8, whatever the locale says; what is no text (a lone surrogate) as a question mark."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(bytes(data).decode())
        return
    sys.stdout.flush()
    rest = memoryview(data)
    while rest:  # under PYTHONUNBUFFERED this is the raw file, which may take only a part
        rest = rest[buffer.write(rest) or 0 :]
    buffer.flush()
