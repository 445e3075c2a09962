"""What the shell's completion asks: the words typed so far in, what may stand next out.

Theory of operation. The scripts of ``meshctl completion`` call the program with ``_MESHCTL_COMPLETE=words`` and the words behind its
name, the last of them unfinished; bash, which cuts words at ``:`` and ``=``, with the line itself and what it takes for the word. The line is brought into typer's order first (``argv.normalise``), so a global option counts wherever it
stands; then typer finds the parameter that is meant. Each answer is a line, ``VALUE<TAB>HELP``; the last line is ``:files`` where the value
is the path of a file, else ``:values``, so that a shell offers file names only where a file is meant. A completion never fails: what goes
wrong is no answer.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from typing import Any

from meshctl.commands.argv import normalise

_PATHS = frozenset({"FILE", "DIR", "[POD] FILE"})
Item = tuple[str, str]


def _words(command: Any) -> Iterator[str]:
    items, files = answers(command, sys.argv[1:])
    yield from (f"{value}\t{words}" for value, words in items)
    yield ":files" if files else ":values"


def answers(command: Any, words: list[str]) -> tuple[list[Item], bool]:
    """What may stand in place of the last word, and whether that is a path."""
    *typed, incomplete = words or [""]
    try:
        return _answers(command, typed, incomplete)
    except Exception:  # a shell that completes must never see an error
        return [], False


def _answers(command: Any, typed: list[str], incomplete: str) -> tuple[list[Item], bool]:
    from typer._click.shell_completion import _resolve_context, _resolve_incomplete

    name, equals, value = incomplete.partition("=")
    if equals and name.startswith("--"):
        items, files = _answers(command, [*typed, name], value)
        return [(f"{name}={item}", words) for item, words in items], files
    root = _root_option(command, typed)
    args = normalise(typed, command)
    context = _resolve_context(command, {}, "meshctl", args)
    if root is not None:
        return _values(root, context.find_root(), incomplete), _is_path(root)
    found, incomplete = _resolve_incomplete(context, args, incomplete)
    if hasattr(found, "param_type_name"):
        return _values(found, context, incomplete), _is_path(found)
    items = _values(found, context, incomplete)
    if incomplete.startswith("-"):
        own = {value for value, _ in items}
        items += [item for item in _values(command, context.find_root(), incomplete) if item[0] not in own]
    return items, False


def _root_option(command: Any, typed: list[str]) -> Any:
    """The global option whose value is being typed, wherever on the line."""
    if not typed or not typed[-1].startswith("-"):
        return None
    for parameter in command.params:
        if typed[-1] in parameter.opts and not parameter.is_flag:
            return parameter
    return None


def _values(found: Any, context: Any, incomplete: str) -> list[Item]:
    items = found.shell_complete(context, incomplete)
    shown = [(str(item.value), " ".join((item.help or "").split())) for item in items if item.type == "plain"]
    return [(value, words) for value, words in shown if value.startswith(incomplete) and "\n" not in value]


def _is_path(parameter: Any) -> bool:
    return str(getattr(parameter, "metavar", "") or "") in _PATHS


def bash(command: Any) -> Iterator[str]:
    """The same for bash: the line is split here, answers are quoted for it, and begin where bash thinks that the word begins."""
    from typer._click.shell_completion import split_arg_string

    line, cut = os.environ.get("_MESHCTL_LINE", ""), os.environ.get("_MESHCTL_WORD", "")
    words = split_arg_string(line)[1:]
    if not words or line[-1:].isspace():
        words.append("")
    items, files = answers(command, words)
    quoted = cut[:1] in ("'", '"')
    cut = cut[1:] if quoted else "" if cut in (":", "=") else cut
    before = words[-1][: len(words[-1]) - len(cut)] if words[-1].endswith(cut) else ""
    for value, _ in items:
        shown = value.removeprefix(before)
        yield shown if quoted else shlex.quote(shown)
    yield ":files" if files else ":values"


def kubectl(command: Any) -> Iterator[str]:
    """The same in kubectl's protocol for plug-ins: a line a value, then ``:4`` (no file names) or ``:0``."""
    items, files = answers(command, sys.argv[1:])
    for value, words in items:
        yield f"{value}\t{words}" if words else value
    yield ":0" if files else ":4"


def run(command: Any, form: str) -> None:
    """Answer on stdout what is asked; form: words, bash or kubectl."""
    lines = {"bash": bash, "kubectl": kubectl}.get(form, _words)(command)
    with contextlib.suppress(OSError):
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
