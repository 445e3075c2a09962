"""What the shell is offered: values by where they stand, global options wherever they stand, files only where a file is meant."""

from __future__ import annotations

import subprocess

import pytest
import typer

from meshctl.commands import completing
from meshctl.commands import root as program
from tests.corpus import ROOT

STORY = str(ROOT / "examples" / "story")
NGINX = "nginx-7c79c4bf97-7985c"
OUT = "outbound|80||nginx.test.svc.cluster.local"


def offered(*words: str) -> list[str]:
    return [value for value, _ in completing.answers(typer.main.get_command(program.app), list(words))[0]]


def wants_files(*words: str) -> bool:
    return completing.answers(typer.main.get_command(program.app), list(words))[1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("tra",), ["trace"]),
        (("authz", "mat"), ["matrix"]),
        (("pc", "cluster", "-f", STORY, "ngi"), [NGINX]),
        (("trace", "--dir", STORY, "test"), ["test-pod"]),
        (("trace", "-f", STORY, "test"), ["test-pod"]),
        (("trace", "--dir", STORY, "test-pod", "http://ngi"), ["http://nginx.test.svc.cluster.local/"]),
        (("why", "--dir", STORY, "test"), ["test-pod"]),
        (("authz", "-f", STORY, "test"), ["test-pod"]),
        (("capture", "show", "-f", STORY, "test"), ["test-pod"]),
        (("version", "-f", STORY, "test"), ["test-pod"]),
        (("pc", "endpoint", "-f", STORY, "test-pod", "--cluster", "outbound|80||ng"), [OUT]),
        (("pc", "endpoint", "-f", STORY, "test-pod", "--cluster=outbound|80||ng"), [f"--cluster={OUT}"]),
        (("trace", "--dir", STORY, "test-pod", "http://nginx.test/", "--why-not", "outbound|80||ng"), [OUT]),
        (("pc", "cluster", "-o", "js"), ["json", "jsonl", "jsonpath="]),
        (("trace", "-o", "sv"), ["svg"]),
        (("--color", "al"), ["always"]),
        (("pc", "cluster", "--color", "al"), ["always"]),
        (("pc", "cluster", "--error-f"), ["--error-format"]),
        (("schema", "tr"), ["trace"]),
        (("pc", "cluster", "-f", "/nowhere", "x"), []),
    ],
)
def test_what_is_offered(words, expected):
    assert offered(*words) == expected


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("pc", "cluster", "-f", ""), True),
        (("trace", "--dir", ""), True),
        (("why", "--log", ""), True),
        (("--kubeconfig", ""), True),
        (("pc", "cluster", "-o", ""), False),
        (("pc", "cluster", "-f", STORY, ""), False),
        (("trace", "-X", ""), False),
    ],
)
def test_files_are_offered_where_a_file_is_meant(words, files):
    assert wants_files(*words) is files


def _bash(line: str, cut: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("_MESHCTL_LINE", line)
    monkeypatch.setenv("_MESHCTL_WORD", cut)
    return list(completing.bash(typer.main.get_command(program.app)))[:-1]


def test_bash_gets_what_stands_behind_its_own_cut(monkeypatch):
    begin = f"meshctl trace --dir {STORY} test-pod http:"
    assert _bash(f"{begin}//ngi", "//ngi", monkeypatch) == ["//nginx.test.svc.cluster.local/"]
    assert _bash(begin, ":", monkeypatch)[0].startswith("//")


def test_bash_gets_quoted_what_it_would_read_as_a_pipe(monkeypatch):
    line = f"meshctl pc endpoint -f {STORY} test-pod --cluster outb"
    assert f"'{OUT}'" in _bash(line, "outb", monkeypatch)
    assert OUT in _bash(f"{line[:-4]}'outb", "'outb", monkeypatch)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "kubectl"])
def test_the_scripts_are_those_of_their_shells(shell):
    from tests import cli

    script = cli.run("completion", shell).out
    assert "_MESHCTL_COMPLETE" in script
    if shell in ("bash", "kubectl"):
        checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr
