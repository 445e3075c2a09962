"""The quick door gives a view what typer's way gives it, or says nothing."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshctl.commands import door, root
from meshctl.commands.declared import Command, Kind
from meshctl.commands.globals import GLOBALS, Globals
from meshctl.commands.proxy_config import VIEWS
from meshctl.errors import MeshctlError, UsageError
from tests.corpus import ROOT

Call = tuple[str, Globals, dict[str, Any]]

# Lines that the door understands.
PLAIN = [
    "pc cluster -f dump.json",
    "pc c -f dump.json",
    "proxy-config clusters pod.ns",
    "pc cluster -f a.json -f b.json pod",
    "pc cluster -fdump.json -oyaml",
    "pc cluster -f=dump.json -o=yaml",
    "pc cluster --file=dump.json --output=yaml",
    "pc cluster --file dump.json --output wide -o json",
    "pc -o yaml cluster -f dump.json",
    "-f dump.json pc cluster",
    "pc -f dump.json cluster",
    "pc cluster -f - --port 0x50",
    "pc cluster -f -- pod",
    "pc cluster -f --help",
    "pc cluster - --fqdn= --subset=",
    "pc cluster -f dump.json --fqdn -o --direction --",
    "pc cluster -f dump.json --fqdn =x",
    "pc cluster -f cluster cluster",
    "-n test pc cluster -f dump.json --color never",
    "pc cluster -ntest -f dump.json -c=kube --as u --as-group a --as-group=b --as-uid 1",
    "pc cluster -f dump.json --vklog=9 --kubeclient-timeout 1m30s -i istio --error-format json",
    "pc cluster -A -l app=x --all-pods --proxy-admin-port 15001 --admin http://x",
    "pc cluster -A --all-namespaces=false",
    "pc listener -f dump.json --verbose=false",
    "pc listener -f dump.json --no-verbose --verbose",
    "pc l -f dump.json --no-verbose=false --type HTTP --address 1.1.1.1 --waypoint",
    "pc route -f dump.json --name=8\N{LATIN SMALL LETTER O WITH DIAERESIS}0 --verbose=0",
    "pc all -f dump.json --with-headers=t",
    "pc a -f dump.json --name 80 --address x",
    "pc bootstrap -f dump.json",
    "pc ecds -f dump.json",
    "pc eds -f dump.json --status healthy",
    "pc endpoint -f dump.json --cluster c",
    "pc secret -f dump.json -o nonsense",
]

# Lines that are typer's: help, complaints, and what is not declared.
TYPERS = [
    "",
    "pc",
    "pc nonsense",
    "cluster -f dump.json",
    "trace -f dump.json pc cluster",
    "-f trace pc cluster",
    "pc log -f dump.json",
    "pc rootca-compare -f a -f b",
    "pc cluster --help",
    "pc cluster -h",
    "pc cluster -f dump.json -f",
    "pc cluster -f dump.json --context",
    "pc cluster pc cluster --context",
    "pc cluster -f dump.json --fil x",
    "pc cluster -f dump.json --unknown x",
    "pc cluster -f dump.json --name 80",
    "pc cluster -f dump.json -Afx",
    "pc cluster -f dump.json --all-pods=perhaps",
    "pc cluster -f dump.json -- pod",
    "-- pc cluster -f dump.json",
    "--version pc cluster -f dump.json",
    "--nonsense pc cluster",
]


def _told(command: Command, globals_: Globals, given: dict[str, Any]) -> Call:
    """A call with its lists as tuples: typer says None where nothing is given."""
    several = {o.name for o in command.options if o.kind in (Kind.LIST, Kind.ARGUMENTS)}
    values = {name: tuple(v or ()) if name in several else v for name, v in given.items()}
    return command.name, globals_, values


def _by_door(words: list[str]) -> Call | UsageError | None:
    try:
        plain = door.read(words)
    except UsageError as error:
        return error
    return plain and _told(plain.command, plain.globals, plain.given)


def _by_typer(words: list[str]) -> list[Call | Exception]:
    """What typer's way calls, and how it ends if with an error."""
    calls: list[Call | Exception] = []

    def recorded(command: Command, globals_: Globals, given: dict[str, Any]) -> int:
        calls.append(_told(command, globals_, given))
        return 0

    with mock.patch.object(Command, "call", recorded):
        try:
            root.dispatch(words)
        except Exception as error:
            calls.append(error)
    return calls


def _same(words: list[str]) -> bool:
    """Whether the door opens; asserts that the call is typer's if it does."""
    found = _by_door(words)
    if found is None:
        return False
    (expected,) = _by_typer(words)
    if isinstance(found, MeshctlError):
        assert isinstance(expected, UsageError) and expected.lines() == found.lines(), words
    else:
        assert found == expected, words
    return True


@pytest.mark.parametrize("line", PLAIN)
def test_a_plain_line_is_read_as_typer_reads_it(line: str) -> None:
    assert _same(line.split())


@pytest.mark.parametrize("line", TYPERS)
def test_a_line_that_is_not_plain_is_left_to_typer(line: str) -> None:
    assert _by_door(line.split()) is None


@pytest.mark.parametrize("words", ["--color blue", "--kubeclient-timeout soon", "--error-format xml"])
def test_a_global_option_of_a_wrong_value_is_complained_of_alike(words: str) -> None:
    assert isinstance(_by_door([*words.split(), "pc", "cluster"]), UsageError)
    assert _same([*words.split(), "pc", "cluster"])


@pytest.mark.parametrize("words", ["pc cluster", "pc cluster -n said --context said", "pc cluster -n="])
@pytest.mark.parametrize("value", ["set", ""])
@pytest.mark.parametrize("variable", [option.envvar for option in GLOBALS if option.envvar])
def test_variables_stand_for_global_options(
    variable: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert _same(words.split())


def test_a_completion_is_typers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_MESHCTL_COMPLETE", "words")
    assert _by_door(["pc", "cluster", "-f", "dump.json"]) is None


def test_no_spelling_is_a_views_and_global() -> None:
    """Else it would count where it stands."""
    names = {spelling for option in GLOBALS for spelling in option.opts}
    for view, entry in VIEWS.items():
        if entry.declared:
            plain = door.read(["pc", view])
            assert plain is not None
            assert not names & {spelling for option in plain.command.options for spelling in option.opts}


_SWITCHED = ["true", "false", "T", "0", "1", "F", "perhaps", ""]
_SPELLINGS = ["-f", "-o", "-A", "-l", "-n", "-c", "-i", "-h", "-x", "-Af", "--"] + [
    "--" + name
    for name in (
        "file output admin proxy-admin-port selector all-namespaces all-pods fqdn direction subset port address type name"
        " verbose no-verbose waypoint with-headers cluster status kubeconfig context namespace as as-group as-uid color"
        " kubeclient-timeout error-format vklog version help fil unknown"
    ).split()
]
_PLACES = ["pc", "proxy-config", "trace", "x", "log"] + [
    word for name, entry in VIEWS.items() for word in (name, *entry.aliases)
]
_VALUES = st.sampled_from(["", "x", "=x", "-", "--", "-f", "--help", "0x50", "yaml", "15s", "auto", "json"])
_VALUE = _VALUES | st.sampled_from(_SWITCHED + _PLACES) | st.text(st.characters(exclude_characters="\0"))


@st.composite
def _option(draw: st.DrawFn) -> list[str]:
    spelling = draw(st.sampled_from(_SPELLINGS))
    value = draw(_VALUE)
    forms = [[spelling], [spelling, value], [f"{spelling}={value}"], [spelling + value]]
    return draw(st.sampled_from(forms))


@st.composite
def _line(draw: st.DrawFn) -> list[str]:
    """Options, then a view, then options and arguments: most often a line that means something."""
    before = draw(st.lists(_option(), max_size=1))
    between = draw(st.lists(_option(), max_size=1))
    after = draw(st.lists(_option() | _VALUE.map(lambda value: [value]), max_size=4))
    places = draw(st.tuples(st.sampled_from(["pc", "proxy-config"]), st.sampled_from(_PLACES)))
    parts = [*before, [places[0]], *between, [places[1]], *after]
    return [word for part in parts for word in part]


@settings(max_examples=400, deadline=None)
@given(_line(), st.sampled_from(["", "other"]))
def test_whatever_the_door_understands_typer_understands_alike(words: list[str], namespace: str) -> None:
    with mock.patch.dict(os.environ, {"MESHCTL_NAMESPACE": namespace}):
        _same(words)


DUMP = ROOT / "examples" / "story" / "test-pod" / "config_dump.json"


@pytest.mark.parametrize(
    "view", [name for name, entry in VIEWS.items() if entry.declared and name not in ("all", "secret")]
)
def test_a_plain_table_imports_no_more_than_it_needs(view: str) -> None:
    """Each of these costs a small table between 2 and 30 % of its time. ``secret`` reads certificates."""
    program = (
        "import os, sys\nfrom meshctl import __main__\nleave = os._exit\n"
        "def told(code):\n    sys.stderr.write('\\n'.join(sys.modules))\n    sys.stderr.flush()\n    leave(code)\n"
        "os._exit = told\n"
        f"sys.argv[1:] = ['pc', {view!r}, '-f', {str(DUMP)!r}, '-o', 'short']\n__main__.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    needless = {
        "typer",
        "subprocess",
        "urllib.parse",
        "pathlib",
        "difflib",
        "gettext",
        "google.protobuf",
        "yaml",
        "typing_extensions",
        "inspect",
    }
    assert done.returncode in (0, 1) and "meshctl.commands.proxy_config.run" in done.stderr
    assert not needless & set(done.stderr.split())


@pytest.mark.parametrize(
    "body", ["import typing_extensions", "try: import typing_extensions\nexcept ImportError: pass"]
)
def test_msgspec_is_there_whether_it_needs_typing_extensions_or_not(
    body: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "msgspec.py").write_text(body)
    program = (
        "import sys\nfrom meshctl.__main__ import _import_msgspec\n_import_msgspec()\n"
        "import msgspec, typing_extensions\nprint(msgspec.__file__, typing_extensions.Required)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
    )
    assert done.stdout == f"{tmp_path / 'msgspec.py'} typing.Required\n"
