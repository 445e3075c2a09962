"""The deliberate differences from istioctl, each with its reason; docs/istioctl-compat.md tells them to users.

An exception says exactly which difference it explains, and is checked, not assumed: order may differ only where
istioctl's own comparison leaves it open, a failure may become an answer only where istioctl failed for that reason.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.golden.cases import Case
from tests.golden.compare import Result, expected_rc


@dataclass(frozen=True)
class Exception_:
    """One deliberate difference: its name, why it is, and how it is recognised.

    How many recordings of each scenario show it stands in ``exceptions.json`` and is compared, so that none
    appears or goes unnoticed.
    """

    name: str
    reason: str
    explains: Callable[[Case, Result], bool]


def _view(case: Case) -> str:
    return case.argv[1] if len(case.argv) > 1 else ""


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "surrogateescape").split("\n")


def _blocks(text: bytes) -> list[list[str]]:
    """The tables of ``all``, which an empty line divides."""
    blocks: list[list[str]] = [[]]
    for line in _lines(text):
        if line:
            blocks[-1].append(line)
        else:
            blocks.append([])
    return blocks


def _is_route_table(block: list[str]) -> bool:
    return (
        bool(block)
        and block[0].startswith("NAME")
        and ("VHOST NAME" in block[0] or "VIRTUAL HOSTS" in block[0])
    )


def _is_listener_table(block: list[str]) -> bool:
    return bool(block) and "ADDRESSES" in block[0]


def _is_cluster_table(block: list[str]) -> bool:
    return bool(block) and "SERVICE FQDN" in block[0]


def _reordered(
    case: Case, result: Result, may_differ: Callable[[list[str]], bool], key: Callable[[str], object]
) -> bool:
    """Whether only tables of one kind differ, and those only in the order of lines with equal keys."""
    if case.stdout is None or result.rc != expected_rc(case):
        return False
    theirs, ours = _blocks(case.stdout), _blocks(result.stdout)
    if len(theirs) != len(ours):
        return False
    for a, b in zip(theirs, ours, strict=True):
        if a == b:
            continue
        if not may_differ(a) or a[0] != b[0] or sorted(a) != sorted(b):
            return False
        if [key(line) for line in a[1:]] != [key(line) for line in b[1:]]:
            return False
    return True


def _route_number(line: str) -> int | None:
    name = line.removeprefix("route/").split(" ", 1)[0]
    return int(name) if name.isdigit() else None


def _numbers_ascend(names: Iterable[str]) -> bool:
    """Our order of route tables: numeric names by number, then the others by name."""
    names = list(names)
    return names == sorted(names, key=lambda n: (not n.isdigit(), int(n) if n.isdigit() else 0, n))


def _route_order(case: Case, result: Result) -> bool:
    if result.rc != expected_rc(case):
        return False
    if case.stdout is None:  # only a digest was kept: as many bytes, and our own order
        return _view(case) == "route" and len(result.stdout) == case.stdout_bytes
    if _view(case) not in ("route", "routes", "r", "all", "a"):
        return False
    if _view(case) in ("route", "routes", "r") and ("json" in case.argv or "yaml" in case.argv):
        return _route_documents(case.stdout, result.stdout, "json" in case.argv)
    theirs, ours = _blocks(case.stdout), _blocks(result.stdout)
    for a, b in zip(theirs, ours, strict=False):
        if a != b and not (_is_route_table(a) and a[0] == b[0] and sorted(a) == sorted(b)):
            return False
    names = [
        line.removeprefix("route/").split(" ", 1)[0]
        for block in ours
        if _is_route_table(block)
        for line in block[1:]
    ]
    return len(theirs) == len(ours) and _numbers_ascend(names)


def _route_documents(theirs: bytes, ours: bytes, is_json: bool) -> bool:
    """The same elements, byte for byte, in another order."""
    if is_json:
        names = [route.get("name", "") for route in json.loads(ours)]
        a, b = (sorted(text.strip(b"[]\n").split(b"\n    },\n    {\n")) for text in (theirs, ours))
        a, b = ([element.strip(b" {}\n") for element in sorted(x)] for x in (a, b))
        return sorted(a) == sorted(b) and _numbers_ascend(names)
    split = lambda text: sorted((b"\n" + text.rstrip(b"\n")).split(b"\n- "))  # noqa: E731
    return split(theirs) == split(ours)


def _says(result: Result, *words: str) -> bool:
    text = result.stderr.decode("utf-8", "replace")
    return all(word in text for word in words)


def _endpoints_missing(case: Case, result: Result) -> bool:
    """istioctl prints an empty table or list; ours fails and names the request to Envoy."""
    return (
        case.rc == 0
        and result.rc == 1
        and not result.stdout
        and _says(result, "has no endpoints", "include_eds")
        and (case.stdout or b"").count(b"\n") <= 2
    )


def _files(case: Case) -> list[pathlib.Path]:
    """The files that an invocation reads (its working directory is the corpus)."""
    named = [pathlib.Path(word) for word in case.argv if word.endswith(".json")]
    return [*named, case.stdin] if case.stdin else named


def _endpoints_of_dump(case: Case, result: Result) -> bool:
    """istioctl's ``endpoint`` of a config_dump is empty; ours takes the endpoints that the dump has."""
    return (
        case.rc == result.rc == 0
        and _view(case) in ("endpoint", "endpoints", "ep")
        and (case.stdout or b"").count(b"\n") <= 2
        and result.stdout.count(b"\n") >= (case.stdout or b"").count(b"\n")
        and not any(b"cluster_statuses" in path.read_bytes() for path in _files(case))
    )


_LOG_LINE = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+Z\t")


def _log_lines(case: Case, result: Result) -> bool:
    """istioctl writes log lines to stdout; without them the outcome is the same."""
    theirs = [line for line in (case.stdout or b"").splitlines(True) if not _LOG_LINE.match(line)]
    return (
        b"".join(theirs) == result.stdout
        and len(theirs) < len((case.stdout or b"").splitlines())
        and (result.rc == expected_rc(case))
    )


def _read_anyway(case: Case, result: Result) -> bool:
    """istioctl refuses the input; ours reads it and says what it passed over."""
    repaired = ("passed over", "read as UTF-16", "holds bytes that are no UTF-8", "stands more than once")
    quiet = any(part in " ".join(case.argv) for part in (".gz", "dupkey"))  # gzip needs no warning
    return (
        case.rc == 1
        and result.rc == 0
        and (quiet or any(_says(result, words) for words in repaired))
        and (b"rror unmarshalling" in case.stderr or b"yaml:" in case.stderr or b"invalid" in case.stderr)
    )


def _not_of_envoy(case: Case, result: Result) -> bool:
    """istioctl makes an empty answer of a JSON file that is no dump; ours says that it is none."""
    return (
        case.rc == 0
        and result.rc == 1
        and not result.stdout
        and (case.stdout is None or case.stdout.count(b"\n") <= 2 or "all" in case.argv)
        and any(_says(result, words) for words in ("that can be read", "is empty", "broken JSON"))
    )


def _all_goes_on(case: Case, result: Result) -> bool:
    """``all`` stops at the first section that is missing; ours prints the others, and fails as well."""
    return (
        _view(case) in ("all", "a")
        and case.rc == result.rc == 1
        and result.stderr.splitlines()[-1:] != []
        and all(
            line.startswith("------") or line in _lines(result.stdout)
            for line in _lines((case.stdout or b"").rstrip(b"\n"))
        )
    )


def _usage(case: Case, result: Result) -> bool:
    """Wrong use of the command line is 2 for us (docs/exit-codes.md), 1 for istioctl."""
    return case.rc == 1 and result.rc == 2 and not result.stdout and not case.stdout


def _answered(case: Case, result: Result) -> bool:
    """istioctl fails on something it does not know or that Envoy does not allow; ours keeps it and says so."""
    failures = (
        b"not found",
        b"unable to resolve",
        b"unknown value",
        b"invalid value for",
        b"is already set",
        b"unexpected token",
        b"panic: unhandled",
        b"invalid nil source",
        b"has no configuration type",
        b"listeners found",
        b"duplicate field",
        b"is a directory",
        b"invalid UTF-8",
    )
    return case.rc in (1, 2) and result.rc == 0 and any(text in case.stderr for text in failures)


def _unknown_kept(case: Case, result: Result) -> bool:
    """istioctl drops fields and enum values it does not know; ours prints them and says so."""
    return case.rc == result.rc == 0 and _says(result, "warning: unknown ", "kept as it came")


def _help(case: Case, result: Result) -> bool:
    """Help texts are our own; an unknown view is an error, where istioctl prints the help and exits 0."""
    asks = "--help" in case.argv or case.argv in (("proxy-config",), ("pc",))
    return (asks and result.rc == 0 and b"meshctl" in result.stdout) or (
        case.rc == 0 and result.rc == 2 and _says(result, "No such command")
    )


def _more_outputs(case: Case, result: Result) -> bool:
    """``-o wide`` exists here."""
    return "wide" in case.argv and case.rc == 1 and result.rc == 0


def _json_blanks(case: Case, result: Result) -> bool:
    """Go's protojson puts one or two blanks after a colon, chosen at random when istioctl is built."""
    if _view(case) not in ("ecds", "ec") or "json" not in case.argv or result.rc != expected_rc(case):
        return False
    return json.loads(case.stdout or b"0") == json.loads(result.stdout or b"1") and (
        (case.stdout or b"").replace(b'":  ', b'": ') == result.stdout
    )


def _cleaned_dump(case: Case, result: Result) -> bool:
    """``all -o json`` passes on whatever the file holds; ours passes on the dump in it, or says that it is none."""
    return _view(case) in ("all", "a") and "json" in case.argv and _says(result, "passed over")


def _redacted(case: Case, result: Result) -> bool:
    """A private key that stands in the clear is printed by istioctl; never by ours."""
    ours, theirs = _lines(result.stdout), _lines(case.stdout or b"")
    changed = [(a, b) for a, b in zip(theirs, ours, strict=False) if a != b]
    return len(ours) == len(theirs) and bool(changed) and all("[redacted]" in b for _, b in changed)


def _ties(case: Case, result: Result) -> bool:
    """Go's sort is not stable above twelve rows: rows with equal keys may stand in any order."""
    if result.rc != expected_rc(case) or not case.stdout:
        return False
    if _view(case) == "listener":
        return _reordered(case, result, _is_listener_table, lambda line: line.split("  ")[-1].split(" ")[-1])
    if _view(case) != "cluster" or "json" not in case.argv:
        return False
    names = [[c["name"] for c in json.loads(text)] for text in (case.stdout, result.stdout)]
    elements = [sorted(json.dumps(c) for c in json.loads(text)) for text in (case.stdout, result.stdout)]
    return names[0] == names[1] and elements[0] == elements[1]


def _unnamed(case: Case, result: Result) -> bool:
    """``all`` leaves a cell out for a cluster without a name, which shifts the row; ours does not."""
    return case.argv[1:3] == ("all", "-f") and "noname" in case.argv[3]


def _no_kubeconfig(case: Case, result: Result) -> bool:
    """``-f`` never looks at a kubeconfig or the cluster's flags, which istioctl checks first."""
    return case.scenario == "kube" and case.rc == 1 and result.rc == 0 and "-f" in case.argv


def _no_policy(case: Case, result: Result) -> bool:
    """``authz check`` has no row for istiod's artefact, and the header where there is no row at all."""
    if "authz" not in case.argv or case.stdout is None or result.rc != case.rc or case.rc != 0:
        return False
    rows = [line.split() for line in _lines(case.stdout) if "_anonymous_match_nothing_" not in line]
    ours = [line.split() for line in _lines(result.stdout)]
    header = ["ACTION", "AuthorizationPolicy", "RULES"]
    return [row for row in ours if row] == ([row for row in rows if row] or [header])


def _no_answer(case: Case, result: Result) -> bool:
    """Without a cluster istioctl hung until it was killed; ours says at once what is missing."""
    if case.rc != 124 or case.stdout:
        return False
    return result.rc == 1 and not result.stdout and _says(result, "kubeconfig")


def _own_version(case: Case, result: Result) -> bool:
    """The version of the program itself is ours."""
    return case.argv[0] == "version" and result.rc == 0 and result.stdout.startswith(b"meshctl: ")


EXCEPTIONS = [
    Exception_(
        "route order",
        "istioctl sorts route tables with a comparison that is no ordering; ours is by number, then name.",
        _route_order,
    ),
    Exception_(
        "endpoints missing",
        "Without EDS istioctl prints an empty answer and exits 0; ours names what is missing and exits 1.",
        _endpoints_missing,
    ),
    Exception_(
        "endpoints of a config_dump",
        "`endpoint -f config_dump` is empty in istioctl; ours shows the endpoints of the dump.",
        _endpoints_of_dump,
    ),
    Exception_(
        "log lines",
        "istioctl writes its own log lines to stdout; our messages go to stderr.",
        _log_lines,
    ),
    Exception_(
        "read anyway",
        "A BOM, a leading 200, trailing text, UTF-16 or gzip are read (and told), where istioctl gives up.",
        _read_anyway,
    ),
    Exception_(
        "not of Envoy",
        "A file that is no answer of Envoy is an error, where istioctl prints an empty table and exits 0.",
        _not_of_envoy,
    ),
    Exception_(
        "all goes on",
        "`all` prints every table that the dump can answer, then fails naming what is missing.",
        _all_goes_on,
    ),
    Exception_(
        "usage",
        "Wrong use of the command line exits 2, not 1; the whole usage text is not printed.",
        _usage,
    ),
    Exception_(
        "answered",
        "What istioctl fails on (unknown types, odd values) is kept, shown and told.",
        _answered,
    ),
    Exception_(
        "unknown kept",
        "Unknown fields and enum values are printed as they came, where istioctl drops them.",
        _unknown_kept,
    ),
    Exception_(
        "help",
        "Help texts are our own; an unknown view is an error.",
        _help,
    ),
    Exception_(
        "more outputs",
        "-o wide, jsonl and name exist here.",
        _more_outputs,
    ),
    Exception_(
        "blanks of protojson",
        "ecds -o json has one blank after each colon; istioctl's number is random per build.",
        _json_blanks,
    ),
    Exception_(
        "cleaned dump",
        "all -o json prints the dump alone, not what stands around it in the file.",
        _cleaned_dump,
    ),
    Exception_(
        "redacted",
        "Private keys that stand in the clear in a dump are not printed.",
        _redacted,
    ),
    Exception_(
        "ties",
        "Rows with equal sort keys stand in the order of the dump; Go's unstable sort shuffles them.",
        _ties,
    ),
    Exception_(
        "unnamed",
        "A cluster without a name keeps its columns in `all`.",
        _unnamed,
    ),
    Exception_(
        "no kubeconfig",
        "-f never touches a kubeconfig: a broken one does not matter.",
        _no_kubeconfig,
    ),
    Exception_(
        "no policy",
        "`authz check` has no row for istiod's artefact, and its header where no policy has a row.",
        _no_policy,
    ),
    Exception_(
        "no answer",
        "Without a cluster istioctl hangs; ours says at once what is missing.",
        _no_answer,
    ),
    Exception_(
        "own version",
        "`version` prints the version of meshctl.",
        _own_version,
    ),
]
