"""The command line as istioctl's users write it, turned into the form that typer parses.

istioctl parses with pflag, where any flag may stand anywhere, ``-o=yaml`` and ``-oyaml`` are the same, and a
switch takes ``--verbose=false``. typer wants a global option before the sub-command and knows neither form.
``normalise`` finds the command that is meant and rewrites: global options first, then the command's path, then
its own options and arguments in their order. What it does not know stays as it is, for typer to complain about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

# The words pflag takes for a boolean (Go strconv.ParseBool).
_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_FALSE = {"0", "f", "F", "FALSE", "false", "False"}


class Command(Protocol):
    """What is used of a command or group: typer's, or one that is declared (``commands/declared.py``)."""

    @property
    def name(self) -> str | None: ...

    @property
    def params(self) -> Sequence[Any]: ...


def _options(command: Command) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for parameter in command.params:
        if parameter.param_type_name == "option":
            for spelling in (*parameter.opts, *parameter.secondary_opts):
                found[spelling] = parameter
    return found


def _takes_value(parameter: Any) -> bool:
    return not (parameter.is_flag or getattr(parameter, "count", False))


def _split(token: str) -> tuple[str, str | None]:
    """An option token as its name and the value attached to it, if any."""
    if token.startswith("--"):
        name, equals, value = token.partition("=")
        return name, value if equals else None
    if len(token) > 2:
        return token[:2], token[2:].removeprefix("=")
    return token, None


def find_command(argv: list[str], root: Command) -> tuple[list[int], Command, list[str]]:
    """The positions of the command's words, the command they name, and words that go without saying.

    A word that is no sub-command but follows an option is taken for that option's value. A group with a
    ``default_command`` means that one where no other is named.
    """
    globals_ = _options(root)
    positions: list[int] = []
    command = root
    index = 0
    while index < len(argv) and hasattr(command, "get_command"):
        token = argv[index]
        if token == "--":
            break
        if token.startswith("-") and token != "-":
            name, value = _split(token)
            parameter = globals_.get(name) or _options(command).get(name)
            skip = value is None and parameter is not None and _takes_value(parameter)
            index += 2 if skip else 1
            continue
        found = command.get_command(None, token)
        if found is not None:
            positions.append(index)
            command = found
        elif not (index and argv[index - 1].startswith("-")):
            break
        index += 1
    default = getattr(command, "default_command", None)
    if default is None or index >= len(argv) == positions[-1] + 1 or _asks_help(argv, positions):
        return positions, command, []
    return positions, command.get_command(None, default), [default]  # type: ignore[attr-defined]


def _asks_help(argv: list[str], positions: list[int]) -> bool:
    """Whether all that follows the group's name is a question for help."""
    return argv[positions[-1] + 1 :] in (["--help"], ["-h"])


def normalise(argv: list[str], root: Command) -> list[str]:
    """``argv`` (without the program's name) in the order and spelling that typer expects."""
    globals_ = _options(root)
    positions, command, implied = find_command(argv, root)
    own = _options(command) if command is not root else {}
    words = set(positions)
    front: list[str] = []
    back: list[str] = []
    index = 0
    while index < len(argv):
        token = argv[index]
        index += 1
        if index - 1 in words:
            continue
        if token == "--":
            back.append(token)
            back.extend(argv[index:])
            break
        if not token.startswith("-") or token == "-":
            back.append(token)
            continue
        name, value = _split(token)
        parameter = own.get(name)
        target = back
        if parameter is None:
            parameter = globals_.get(name)
            if parameter is not None and name != "--help":
                target = front
        if parameter is None:
            back.append(token)
            continue
        if _takes_value(parameter):
            if value is None and index < len(argv):
                value = argv[index]
                index += 1
            target.append(name)
            if value is not None:
                target.append(value)
            elif target is front:  # with the command's words behind it, it would take the first for its value
                return front
            continue
        target.extend(_switch(name, value, parameter, token))
    return [*front, *(argv[p] for p in positions), *implied, *back]


def _switch(name: str, value: str | None, parameter: Any, token: str) -> list[str]:
    """A boolean option: ``--verbose=false`` becomes its negation, or nothing where false is the default."""
    if value is None or not token.startswith("--"):
        return [token]
    if value in _TRUE:
        return [name]
    if value in _FALSE:
        opposite = parameter.secondary_opts if name in parameter.opts else parameter.opts
        return list(opposite[:1])
    return [token]
