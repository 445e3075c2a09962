"""The options of views as typer takes them, for the commands that are not declared as data (``commands/declared.py``)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from meshctl.commands import as_typer
from meshctl.commands.proxy_config import source

Pods = Annotated[list[str] | None, as_typer.option(source.POD)]
Files = Annotated[list[str] | None, as_typer.option(source.FILE)]
Admin = Annotated[str | None, as_typer.option(source.ADMIN)]
AdminPort = Annotated[str, as_typer.option(source.ADMIN_PORT)]
Selector = Annotated[str | None, as_typer.option(source.SELECTOR)]
AllNamespaces = Annotated[bool, as_typer.option(source.ALL_NAMESPACES)]


def text(*names: str, help: str, metavar: str = "TEXT", completion: Any = None) -> Any:
    """A filter option that takes any text; "" passes everything."""
    return typer.Option(*names, help=help, metavar=metavar, show_default=False, autocompletion=completion)


# The options that several commands share, in the order of the help page: name, type, default.
Shared = tuple[tuple[str, Any, Any], ...]


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
    return as_typer.with_parameters(run, parameters)


def _parameter(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
