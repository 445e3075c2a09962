"""The options that all views share, declared once.

Values are parsed as istioctl does: a port is Go's base 0 (``0x50``), an output is one of a closed set.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, get_type_hints

import typer

from meshctl.commands import outputs
from meshctl.commands.proxy_config import complete
from meshctl.errors import UsageError
from meshctl.render.interface import Content, Outputs

DEFAULT_ADMIN_PORT = 15000
_GO_INTEGER = r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)"
_MAX_INT = 2**63 - 1


OUTPUTS = Outputs((Content.SHORT, Content.WIDE, Content.DOCUMENT, Content.NAMES), "short")


def go_integer(value: str) -> int:
    """Go's strconv.ParseInt with base 0, as pflag reads a number."""
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
    if number > _MAX_INT:
        raise UsageError(f'number "{value}" is out of range')
    return -number if digits.startswith("-") else number


def admin_port(value: str) -> int:
    number = go_integer(value)
    if not 1 <= number <= 65535:
        raise UsageError(f"port number {number} must be in the range 1..65535")
    return number


class Source(NamedTuple):
    """The options that say which proxy is meant."""

    pods: tuple[str, ...]
    files: tuple[str, ...]
    admin: str | None
    admin_port: str
    selector: str | None
    all_namespaces: bool
    all_pods: bool


Pods = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[POD]",
        help="[type/]name[.namespace]; more than one shows them together.",
        autocompletion=complete.pods,
        show_default=False,
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        help="Saved dump instead of a pod: a file, folder, tar archive or - ; may be repeated.",
    ),
]
Admin = Annotated[
    str | None, typer.Option("--admin", metavar="URL", help="Envoy admin address instead of a pod.")
]
AdminPort = Annotated[
    str, typer.Option("--proxy-admin-port", metavar="PORT", help="Envoy's admin port in the pod.")
]
Selector = Annotated[
    str | None, typer.Option("--selector", "-l", metavar="LABELS", help="All pods with these labels.")
]
AllNamespaces = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="Pods of all namespaces.", show_default=False)
]
AllPods = Annotated[
    bool,
    typer.Option(
        "--all-pods", help="All pods of the deployment or service, not just one.", show_default=False
    ),
]
OutputForm = Annotated[str, outputs.option(OUTPUTS)]


def text(*names: str, help: str, metavar: str = "TEXT", completion: Any = None) -> Any:
    """A filter option that takes any text; "" passes everything."""
    return typer.Option(*names, help=help, metavar=metavar, show_default=False, autocompletion=completion)


def number(name: str, help: str) -> Any:
    """A filter option that takes a number as Go reads it; 0 passes everything."""
    return typer.Option(name, help=help, metavar="NUMBER", show_default=False)


Port = Annotated[str, number("--port", "Only this port.")]
Verbose = Annotated[
    bool, typer.Option("--verbose/--no-verbose", help="Show matches and destinations.", show_default=True)
]


# The options that several commands share, in the order of the help page: name, type, default.
Shared = tuple[tuple[str, Any, Any], ...]

# Those that say which proxies are meant.
_SOURCE: Shared = (
    ("pod", Pods, None),
    ("file", Files, None),
    ("admin", Admin, None),
    ("admin_port", AdminPort, "15000"),
    ("selector", Selector, None),
    ("all_namespaces", AllNamespaces, False),
    ("all_pods", AllPods, False),
)


def with_source(command: Callable[..., int]) -> Callable[..., int]:
    """A command whose parameter ``source`` is made of the options that every view has."""

    def made(pod: list[str] | None, file: list[str] | None, *rest: Any) -> Source:
        return Source(tuple(pod or ()), tuple(file or ()), *rest)

    return with_options(command, _SOURCE, made)


def with_options(
    command: Callable[..., int], options: Shared, make: Callable[..., Any]
) -> Callable[..., int]:
    """A command whose parameter ``source`` is what ``make`` makes of the values of shared options.

    typer reads a command's options from its signature: the shared ones stand there in place of ``source``.
    """

    @functools.wraps(command)
    def run(ctx: typer.Context, **given: Any) -> int:
        source = make(*(given.pop(name) for name, _, _ in options))
        return command(ctx, source, **given)

    own = inspect.signature(command)
    types = get_type_hints(command, include_extras=True)
    shared = [_parameter(name, kind, default) for name, kind, default in options]
    others = [
        _parameter(name, types[name], parameter.default)
        for name, parameter in own.parameters.items()
        if name not in ("ctx", "source")
    ]
    output_form = [parameter for parameter in others if parameter.name == "output"]
    views_own = [parameter for parameter in others if parameter.name != "output"]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *shared[:2], *output_form, *shared[2:], *views_own]
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameter(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
