"""Named questions: plain SQL files that both engines take, with their parameters in comments.

The first line says the question. ``-- :name type = default   words`` declares a parameter that the SQL names ``:name``; one
without a default must be given. Types: ``text``, ``whole``, ``duration`` (``7d``: the SQL gets the moment that long from now,
and as ``:name_ago`` the one before now), and ``two`` (``:since`` and ``:until``, two dates that are compared; other questions
see the newest date of each mesh alone). ``:now`` is always there. A folder of one's own is read the same way.
"""

from __future__ import annotations

import datetime
import importlib.resources
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from meshctl.errors import InputError, UsageError

_PARAMETER = re.compile(
    r"-- :(?P<name>[a-z_]+) +(?P<type>text|whole|duration|two)(?: *= *(?P<default>\S+))? {2,}(?P<words>.+)"
)
_DURATION = re.compile(r"(\d+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# In SQL, a parameter stands outside quotes and comments.
_TOKENS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|(?<![:\w]):([a-z_]+)\b")


class Parameter(NamedTuple):
    """A parameter of a question. default: None where it must be given."""

    name: str
    type: str
    default: str | None
    words: str


class Question(NamedTuple):
    """A question: its name, what it asks, its parameters and its SQL."""

    name: str
    words: str
    parameters: tuple[Parameter, ...]
    sql: str

    @property
    def compares(self) -> bool:
        """Whether it looks at two dates."""
        return any(parameter.type == "two" for parameter in self.parameters)

    @property
    def usage(self) -> str:
        """How it is called."""
        parts = [self.name]
        for parameter in self.parameters:
            if parameter.type == "two":
                parts.append("[--since DATE] [--until DATE]")
            elif parameter.default is None:
                parts.append(parameter.name.upper())
            else:
                parts.append(f"[--{parameter.name} {_unquoted(parameter.default) or parameter.type.upper()}]")
        return " ".join(parts)


def questions(folder: str | None = None) -> dict[str, Question]:
    """The shipped questions by name, and those of a folder, which stand above them."""
    found = {}
    for file in importlib.resources.files(__name__).iterdir():
        if file.name.endswith(".sql"):
            name = file.name.removesuffix(".sql")
            found[name] = parse(name, file.read_text("utf-8"))
    if folder:
        place = pathlib.Path(folder)
        if not place.is_dir():
            raise UsageError(f"{folder} is no folder", "Questions are files NAME.sql in a folder.")
        for path in sorted(place.glob("*.sql")):
            try:
                found[path.stem] = parse(path.stem, path.read_text("utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"{path} cannot be read: {error}") from error
    return dict(sorted(found.items()))


def parse(name: str, text: str) -> Question:
    """A question from its file."""
    lines = text.strip().splitlines()
    words = lines[0].removeprefix("--").strip() if lines and lines[0].startswith("--") else ""
    declared = [Parameter(**m.groupdict()) for line in lines if (m := _PARAMETER.fullmatch(line.strip()))]
    sql = "\n".join(line for line in lines if not line.startswith("--"))
    known = {parameter.name for parameter in declared} | {"now"}
    known |= {f"{p.name}_ago" for p in declared if p.type == "duration"}
    known |= {"since", "until"} if any(p.type == "two" for p in declared) else set()
    unknown = sorted({word for word in named(sql) if word not in known})
    if not words or not sql.strip():
        raise InputError(f"{name}.sql is no question", "Its first line is `-- What it asks`, then comes SQL.")
    if unknown:
        raise InputError(
            f"{name}.sql names :{unknown[0]}, which it does not declare",
            "",
            f"Declare it: `-- :{unknown[0]} text   what it is`.",
        )
    return Question(name, words, tuple(declared), sql)


def named(sql: str) -> list[str]:
    """The parameters that SQL names, in order."""
    return [match[1] for match in _TOKENS.finditer(sql) if match[1]]


def dollars(sql: str) -> str:
    """The SQL with DuckDB's spelling of parameters."""
    return _TOKENS.sub(lambda match: f"${match[1]}" if match[1] else match[0], sql)


def values(
    question: Question, words: Sequence[str], options: Mapping[str, str], dates: Sequence[str], now: datetime.datetime
) -> dict[str, Any]:  # fmt: skip
    """The parameters' values from what stands on the command line; raises UsageError where it does not fit.

    dates: those that are known, the newest first; two are compared where none are named.
    """
    given = dict(options)
    left = list(words)
    found: dict[str, Any] = {"now": now}
    for parameter in question.parameters:
        if parameter.type == "two":
            found |= _two(given, dates)
            continue
        value = given.pop(parameter.name, None)
        if value is None and parameter.default is None and left:
            value = left.pop(0)
        if value is None:
            value = _unquoted(parameter.default) if parameter.default is not None else None
        if value is None:
            raise UsageError(
                f"{question.name} needs {parameter.name.upper()}: {parameter.words}",
                "",
                f"fleet ask {question.usage}",
            )
        found |= _value(parameter, value, now)
    if left or given:
        odd = left[0] if left else f"--{next(iter(given))}"
        raise UsageError(f"{question.name} takes no {odd}", "", f"fleet ask {question.usage}")
    wanted = set(named(question.sql))
    return {name: value for name, value in found.items() if name in wanted}


def _unquoted(text: str) -> str:
    return "" if text == "''" else text


def _two(given: dict[str, str], dates: Sequence[str]) -> dict[str, str]:
    until = given.pop("until", None) or (dates[0] if dates else "")
    earlier = [date for date in dates if date < until]
    since = given.pop("since", None) or (earlier[0] if earlier else "")
    if not since or not until:
        raise UsageError(
            "two dates are compared, and there are not two",
            f"The data set has {', '.join(dates) or 'none'}.",
            "Name them with --since and --until.",
        )
    for date in (since, until):
        if date not in dates:
            shown = ", ".join(dates[:5]) + (" …" if len(dates) > 5 else "")
            raise UsageError(f"there is no date {date} in the data set", f"It has {shown}.")
    return {"since": since, "until": until}


def _value(parameter: Parameter, text: str, now: datetime.datetime) -> dict[str, Any]:
    if parameter.type == "whole":
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise UsageError(f"{text!r} is no whole number", f"{parameter.name} is {parameter.words}.")
        return {parameter.name: int(text)}
    if parameter.type == "duration":
        span = duration(text)
        return {parameter.name: now + span, f"{parameter.name}_ago": now - span}
    return {parameter.name: text}


def duration(text: str) -> datetime.timedelta:
    """``7d``, ``12h``, ``1d12h`` as a span of time."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise UsageError(f"{text!r} is no duration", "", "Write 7d, 12h or 90m.")
    try:
        return datetime.timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))
    except OverflowError as error:
        raise UsageError(f"{text!r} is too long") from error
