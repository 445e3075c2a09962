"""Write the parts of the documentation that follow from the code, between ``<!-- NAME -->`` and ``<!-- end -->``.

rooms: the folders of meshctl, what each is for (the first line of its package) and what it may import (the layers of
import-linter's contract in pyproject.toml). limits: what the trace does not evaluate (the tables of accounts and of
the filters' contracts). flags, details: the words of an access log that ``why`` explains. tables: the tables of a fleet
(meshctl.fleet.schema), and its questions with the answers of a synthetic one. docs/checks/ is made as a whole: a page for each row of the table of checks, and their list.

    python tools/build_docs.py            write
    python tools/build_docs.py --check    exit 1 when a page is out of date
"""

from __future__ import annotations

import argparse
import importlib
import pathlib
import re
import sys
import tomllib
from typing import Any

from meshctl.check.table import THEMES, Check, MeshCheck
from meshctl.fleet import schema as fleet_schema
from meshctl.proxy.accounting import accounts
from meshctl.proxy.contract import EVERYTHING, Effect
from meshctl.proxy.filters.http_table import HTTP_FILTERS
from meshctl.proxy.filters.network_table import NETWORK_FILTERS
from meshctl.why.details import DETAILS, RESETS
from meshctl.why.flags import FLAGS
from tools import fleet_questions

ROOT = pathlib.Path(__file__).resolve().parents[1]
_SUBROOMS = (
    "proxy.listen", "proxy.filters", "proxy.http", "proxy.routing", "proxy.upstream", "proxy.accounting",
    "netfilter.read", "netfilter.walk", "netfilter.istio", "netfilter.lint", "envoy.api", "envoy.schema",
)  # fmt: skip


def _contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def _layers() -> list[list[str]]:
    layers = next(c for c in _contracts() if c["type"] == "layers")["layers"]
    return [[name.strip().removeprefix("meshctl.") for name in layer.split("|")] for layer in layers]


def _forbidden(room: str) -> set[str]:
    """What other contracts keep from a room though it is below it."""
    return {
        name.removeprefix("meshctl.")
        for contract in _contracts()
        if f"meshctl.{room}" in contract.get("source_modules", ())
        for name in contract["forbidden_modules"]
    }


def _purpose(room: str) -> str:
    text = importlib.import_module(f"meshctl.{room}").__doc__ or ""
    return text.strip().splitlines()[0].replace("``", "`")


def rooms() -> str:
    """The table of rooms, from the top layer down."""
    layers = _layers()
    lines = ["| room | what is in it | may import |", "|---|---|---|"]
    for index, layer in enumerate(layers):
        below = [name for lower in layers[index + 1 :] for name in lower]
        for room in layer:
            if room == "__main__":
                continue
            kept = _forbidden(room)
            allowed = ", ".join(f"`{name}`" for name in below if name not in kept) or "nothing of meshctl"
            lines.append(f"| `{room}` | {_purpose(room)} | {allowed} |")
            for sub in _SUBROOMS:
                if sub.startswith(f"{room}."):
                    lines.append(f"| `{sub.replace('.', '/')}` | {_purpose(sub)} | as `{room}` |")
    return "\n".join(lines)


def _words(may: frozenset[Effect]) -> str:
    if may == EVERYTHING:
        return "anything"
    return ", ".join(effect.value for effect in Effect if effect in may)


def limits() -> str:
    """What is not evaluated, as the tables of the code have it."""
    lines = [
        "Fields that are not evaluated; where one is set on the way of a request, what it may do is open:",
        "",
    ]
    lines += ["| message | field | may |", "|---|---|---|"]
    for name, account in sorted(accounts().items()):
        for field, may in sorted(account.open.items()):
            lines.append(f"| `{name.removeprefix('envoy.')}` | `{field}` | {_words(may)} |")
    lines += [
        "",
        "Fields that are evaluated by Envoy's source, and that no comparison with a real Envoy has (most of them are old"
        " spellings that an Envoy of today refuses):",
        "",
        "| message | fields |",
        "|---|---|",
    ]
    for name, account in sorted(accounts().items()):
        if account.sourced:
            fields = ", ".join(f"`{field}`" for field in sorted(account.sourced))
            lines.append(f"| `{name.removeprefix('envoy.')}` | {fields} |")
    lines += [
        "",
        "Filters that are not evaluated (a type that is not listed here or evaluated may do anything):",
        "",
    ]
    lines += ["| filter | may |", "|---|---|"]
    for name, contract in sorted({**HTTP_FILTERS, **NETWORK_FILTERS}.items()):
        if contract.evaluate is None and contract.may:
            lines.append(f"| `{name.removeprefix('envoy.extensions.filters.')}` | {_words(contract.may)} |")
    return "\n".join(lines)


def flags() -> str:
    """The response flags, at which stage each arises, what it says, what leads to it."""
    lines = ["| flag | long form | stage | what happened | commonly because |", "|---|---|---|---|---|"]
    for flag in FLAGS.values():
        said = flag.meaning
        causes = "; ".join(said.causes)
        lines.append(f"| `{flag.short}` | {flag.long} | {said.stage.value} | {said.words} | {causes} |")
    return "\n".join(lines)


def details() -> str:
    """The words of the details."""
    lines = ["| word | stage | what happened |", "|---|---|---|"]
    for word, said in {**DETAILS, **RESETS}.items():
        lines.append(f"| `{word}` | {said.stage.value} | {said.words} |")
    return "\n".join(lines)


CHECKS_FOLDER = "docs/checks"


def checks() -> dict[str, str]:
    """The pages of docs/checks/ by their paths."""
    lines = [
        "# Checks",
        "",
        "What `meshctl check` finds, theme by theme; made from the table of checks by `make docs`. An *error* makes requests",
        "fail, a *warning* probably is not what was meant, *info* is worth knowing. `--ignore CODE[:OBJECT]` leaves one out.",
    ]
    pages = {}
    for theme in THEMES:
        lines += ["", f"## {theme.name}", "", theme.about, "", "| code | severity | finds |", "|---|---|---|"]
        for row in theme.rows:
            lines.append(f"| [`{row.code}`]({row.code}.md) | {row.severity.value} | {row.title} |")
            pages[f"{CHECKS_FOLDER}/{row.code}.md"] = _check_page(theme.name, row)
    pages[f"{CHECKS_FOLDER}/README.md"] = "\n".join(lines) + "\n"
    return pages


def _check_page(theme: str, row: Check | MeshCheck) -> str:
    over = "several pods together" if isinstance(row, MeshCheck) else "one pod at a time"
    needs = ", ".join(need.value for need in row.needs)
    lines = [
        f"# {row.code}",
        "",
        f"{row.title}. Severity: **{row.severity.value}** (theme: {theme.lower()}; [all checks](README.md)).",
        "",
        "## What goes wrong",
        "",
        row.why,
        "",
        "## What to do",
        "",
        row.fix,
        "",
        "## How it is known",
        "",
        f"It looks at {over} and needs {needs}; without that it says so, and is not clean.",
    ]
    return "\n".join([*lines, *(["", row.proved] if row.proved else [])]) + "\n"


def _made(pages: dict[str, str], *, write: bool) -> list[str]:
    """Whole pages that are out of date; files that no page is made of go."""
    folder = ROOT / CHECKS_FOLDER
    there = {f"{CHECKS_FOLDER}/{path.name}": path for path in folder.glob("*.md")}
    stale = [
        page for page, text in pages.items() if page not in there or there[page].read_text("utf-8") != text
    ]
    gone = sorted(there.keys() - pages.keys())
    if write:
        folder.mkdir(exist_ok=True)
        for page in stale:
            (ROOT / page).write_text(pages[page], "utf-8")
        for page in gone:
            there[page].unlink()
    return stale + gone


PAGES = {
    "docs/architecture.md": {"rooms": rooms},
    "docs/trace-semantics.md": {"limits": limits},
    "docs/why.md": {"flags": flags, "details": details},
    "docs/fleet-schema.md": {"tables": fleet_schema.page},
    "docs/fleet-questions.md": {"questions": fleet_questions.page},
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for page, blocks in PAGES.items():
        path = ROOT / page
        text = path.read_text("utf-8")
        for name, make in blocks.items():
            pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
            if not pattern.search(text):
                raise SystemExit(f"{page} has no block {name}")
            text = pattern.sub(lambda found, made=make: f"{found[1]}{made()}\n{found[2]}", text)
        if text != path.read_text("utf-8"):
            stale.append(page)
            if not check:
                path.write_text(text, "utf-8")
    stale += _made(checks(), write=not check)
    if check and stale:
        print(f"out of date: {', '.join(stale)}; run python tools/build_docs.py", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
