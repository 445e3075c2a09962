"""Completion as a person types it: a shell in tmux, Tab pressed."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.corpus import ROOT

STORY = "examples/story"

# How each shell is started without anybody's settings, what it reads first, and where that stands.
SHELLS = {
    "bash": (
        ["bash", "--rcfile", "{folder}/.rc", "--noprofile", "-i"],
        ".rc",
        "PS1='> '\nbind 'set bell-style none'\n",
    ),
    "zsh": (
        ["env", "ZDOTDIR={folder}", "zsh", "-o", "NO_GLOBAL_RCS", "-i"],
        ".zshrc",
        "PS1='> '\nbindkey -e\nautoload -Uz compinit\ncompinit -u -d {folder}/dump\n",
    ),
    "fish": (
        ["fish", "--no-config", "--init-command", "source {folder}/rc.fish", "-i"],
        "rc.fish",
        "function fish_prompt; echo -n '> '; end\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n",
    ),
}
Typed = Callable[[str], str]


def required(tool: str) -> None:
    if shutil.which(tool) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{tool} is not installed")
        pytest.skip(f"{tool} is not installed")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Typed]:
    """Types into a shell with meshctl's completion, and gives the line that is on the screen once it stands still."""
    name = request.param
    required("tmux")
    required(name)
    program = tmp_path / "meshctl"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m meshctl "$@"\n')
    program.chmod(0o755)
    script = subprocess.run([program, "completion", name], capture_output=True, text=True, check=True).stdout
    start, profile, settings = SHELLS[name]
    path = f"set -gx PATH {tmp_path} $PATH" if name == "fish" else f"PATH={tmp_path}:$PATH"
    settings = settings.replace("{folder}", str(tmp_path))
    (tmp_path / profile).write_text(f"{path}\n{settings}{script}\n")
    socket = f"meshctl-{uuid.uuid4().hex[:8]}"

    def tmux(*words: str) -> str:
        return subprocess.run(
            ["tmux", "-L", socket, *words], capture_output=True, text=True, check=True
        ).stdout

    window = ["-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "30", "-c", str(ROOT)]
    tmux(*window, *(word.replace("{folder}", str(tmp_path)) for word in start))

    def line() -> str:
        """The line that is typed; what is offered may stand below it."""
        lines = [one.rstrip() for one in tmux("capture-pane", "-p").splitlines() if one.startswith(">")]
        return lines[-1] if lines else ""

    def until(wanted: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not wanted() and time.monotonic() < deadline:
            time.sleep(0.1)

    until(lambda: line() == ">", 30)  # the shell stands ready

    def typed(text: str) -> str:
        tmux("send-keys", "C-a")
        tmux("send-keys", "C-k")
        until(lambda: line() == ">", 10)
        tmux("send-keys", "-l", text)
        until(lambda: line() == f"> {text}", 10)
        tmux("send-keys", "Tab")
        until(lambda: line() != f"> {text}", 8)
        return line().removeprefix("> ")

    yield typed
    subprocess.run(["tmux", "-L", socket, "kill-server"], capture_output=True, check=False)


def test_what_is_typed_is_completed(shell: Typed) -> None:
    assert shell("meshctl auth").rstrip() == "meshctl authz"
    assert shell(f"meshctl trace --dir {STORY} test").rstrip() == f"meshctl trace --dir {STORY} test-pod"
    line = f"meshctl trace --dir {STORY} test-pod http://ngi"
    assert shell(line).rstrip() == line.removesuffix("ngi") + "nginx.test.svc.cluster.local/"
    line = f"meshctl pc endpoint -f {STORY} test-pod --cluster 'outbound|80||ng"
    assert shell(line).startswith(line.removesuffix("ng") + "nginx.test.svc.cluster.local'")


def test_files_are_offered_where_a_file_is_meant(shell: Typed) -> None:
    assert shell("meshctl pc cluster -f examples/sto").startswith("meshctl pc cluster -f examples/story")
    assert shell("meshctl pc cluster -o exampl") == "meshctl pc cluster -o exampl"
