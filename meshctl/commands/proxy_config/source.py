"""Which proxy is meant, and how it is shown: the options that all views share, declared once.

Values are parsed as istioctl does: a port is Go's base 0 (``0x50``), an output is one of a closed set.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from meshctl.commands import outputs
from meshctl.commands.declared import Command, Kind, Option
from meshctl.errors import UsageError
from meshctl.render.interface import Content, Outputs
from meshctl.sources.interface import Globals
from meshctl.values import Struct

DEFAULT_ADMIN_PORT = 15000
_GO_INTEGER = r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)"
_MAX_INT = 2**63 - 1


OUTPUTS = Outputs((Content.SHORT, Content.WIDE, Content.DOCUMENT, Content.NAMES), "short")


def go_integer(value: str) -> int:
    """Go's strconv.ParseInt with base 0, as pflag reads a number."""
    if value.isascii() and value.isdigit() and value[0] != "0":
        return _in_range(int(value), value)
    if value == "0":
        return 0  # the default of every filter
    if not re.fullmatch(_GO_INTEGER, value):
        raise UsageError(
            f'invalid number "{value}"', "", "Write a decimal number, or 0x… for a hexadecimal one."
        )
    digits = value.replace("_", "")
    unsigned = digits.lstrip("+-")
    if len(unsigned) > 1 and unsigned[0] == "0" and unsigned[1].isdigit():
        number = int(unsigned, 8)
    else:
        number = int(unsigned, 0)
    _in_range(number, value)
    return -number if digits.startswith("-") else number


def _in_range(number: int, value: str) -> int:
    if number > _MAX_INT:
        raise UsageError(f'number "{value}" is out of range')
    return number


def admin_port(value: str) -> int:
    number = go_integer(value)
    if not 1 <= number <= 65535:
        raise UsageError(f"port number {number} must be in the range 1..65535")
    return number


class Source(Struct, frozen=True):
    """The options that say which proxy is meant."""

    pods: tuple[str, ...]
    files: tuple[str, ...]
    admin: str | None
    admin_port: str
    selector: str | None
    all_namespaces: bool
    all_pods: bool


POD = Option(
    "pod",
    (),
    "[type/]name[.namespace]; more than one shows them together.",
    Kind.ARGUMENTS,
    metavar="[POD]",
    shows_default=False,
    completion="pods",
)
FILE = Option(
    "file",
    ("--file", "-f"),
    "Saved dump instead of a pod: a file, folder, tar archive or - ; may be repeated.",
    Kind.LIST,
    metavar="FILE",
)
OUTPUT = outputs.declared(OUTPUTS)
ADMIN = Option("admin", ("--admin",), "Envoy admin address instead of a pod.", metavar="URL")
ADMIN_PORT = Option(
    "admin_port", ("--proxy-admin-port",), "Envoy's admin port in the pod.", default="15000", metavar="PORT"
)
SELECTOR = Option("selector", ("--selector", "-l"), "All pods with these labels.", metavar="LABELS")
ALL_NAMESPACES = Option(
    "all_namespaces",
    ("--all-namespaces", "-A"),
    "Pods of all namespaces.",
    Kind.SWITCH,
    False,
    shows_default=False,
)
ALL_PODS = Option(
    "all_pods",
    ("--all-pods",),
    "All pods of the deployment or service, not just one.",
    Kind.SWITCH,
    False,
    shows_default=False,
)


def text(
    name: str, spelling: str, help: str, completion: str = "", metavar: str = "TEXT", default: str = ""
) -> Option:
    """A filter option that takes any text; "" passes everything."""
    return Option(
        name,
        (spelling,),
        help,
        default=default,
        metavar=metavar,
        shows_default=False,
        completion=completion,
    )


def number(name: str, spelling: str, help: str, completion: str = "") -> Option:
    """A filter option that takes a number as Go reads it (``go_integer``); 0 passes everything."""
    return text(name, spelling, help, completion, "NUMBER", "0")


PORT = number("port", "--port", "Only this port.")
VERBOSE = Option("verbose", ("--verbose/--no-verbose",), "Show matches and destinations.", Kind.SWITCH, True)


def view(name: str, help: str, run: Callable[..., int], *own: Option, output: Option = OUTPUT) -> Command:
    """The command of a view: its help page has the shared options first.

    run: called with the global options, the Source, and the values of ``output`` and of the view's own options by name.
    """

    def called(
        globals_: Globals,
        pod: list[str] | None,
        file: list[str] | None,
        admin: str | None,
        admin_port: str,
        selector: str | None,
        all_namespaces: bool,
        all_pods: bool,
        **given: Any,
    ) -> int:
        source = Source(
            tuple(pod or ()), tuple(file or ()), admin, admin_port, selector, all_namespaces, all_pods
        )
        return run(globals_, source, **given)

    shared = (POD, FILE, output, ADMIN, ADMIN_PORT, SELECTOR, ALL_NAMESPACES, ALL_PODS)
    return Command(name, help, (*shared, *own), called)
