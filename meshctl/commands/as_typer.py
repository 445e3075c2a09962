"""typer's commands made from those that are declared as data (``commands/declared.py``)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from meshctl.commands.declared import Command, Kind, Option
from meshctl.commands.proxy_config import complete
from meshctl.sources.interface import Globals


def option(declared: Option) -> Any:
    """What typer is told of an option, but for its type and default."""
    more: dict[str, Any] = {
        "metavar": declared.metavar,
        "help": declared.help or None,
        "show_default": declared.shows_default,
        "autocompletion": _completer(declared),
        "hidden": declared.hidden,
        "envvar": declared.envvar,
    }
    if declared.kind is Kind.ARGUMENTS:
        return typer.Argument(**more)
    return typer.Option(*declared.spellings, **more)


def _completer(declared: Option) -> Callable[..., list[str]] | None:
    if declared.completion:
        found: Callable[..., list[str]] = getattr(complete, declared.completion)
        return found
    if declared.words:
        return lambda incomplete: [word for word in declared.words if word.startswith(incomplete)]
    return None


def with_options(
    command: Callable[..., Any], options: Iterable[Option], own: Iterable[inspect.Parameter] = ()
) -> Callable[..., Any]:
    """A command whose options are the declared ones, then its own: typer reads them from its signature."""
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    return with_parameters(command, [context, *map(_parameter, options), *own])


def with_parameters(command: Callable[..., Any], parameters: list[inspect.Parameter]) -> Callable[..., Any]:
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _parameter(declared: Option) -> inspect.Parameter:
    kind: Any = _TYPES[declared.kind, declared.default is None]
    annotation: Any = Annotated[kind, option(declared)]
    return inspect.Parameter(
        declared.name, inspect.Parameter.KEYWORD_ONLY, default=declared.default, annotation=annotation
    )


_TYPES: dict[tuple[Kind, bool], Any] = {
    (Kind.TEXT, False): str,
    (Kind.TEXT, True): str | None,
    (Kind.LIST, True): list[str] | None,
    (Kind.ARGUMENTS, True): list[str] | None,
    (Kind.SWITCH, False): bool,
}


def app(declared: Command) -> typer.Typer:
    """The ``app`` of a declared command."""

    def run(ctx: typer.Context, **given: Any) -> int:
        return declared.call(ctx.obj or Globals(), given)

    made = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    made.command(help=declared.help)(with_options(run, declared.options))
    return made
