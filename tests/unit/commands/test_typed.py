"""Completion as a person types it: bash in tmux, Tab pressed."""

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


@pytest.fixture
def bash(tmp_path: pathlib.Path) -> Iterator[Callable[[str], str]]:
    """Types into a bash with meshctl's completion, and gives the line that is on the screen once it stands still."""
    if shutil.which("tmux") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tmux is not installed")
        pytest.skip("tmux is not installed")
    program = tmp_path / "meshctl"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m meshctl "$@"\n')
    program.chmod(0o755)
    script = subprocess.run(
        [program, "completion", "bash"], capture_output=True, text=True, check=True
    ).stdout
    profile = tmp_path / "profile"
    profile.write_text(f"PS1='> '\nPATH={tmp_path}:$PATH\nbind 'set bell-style none'\n{script}\n")
    socket = f"meshctl-{uuid.uuid4().hex[:8]}"

    def tmux(*words: str) -> str:
        return subprocess.run(
            ["tmux", "-L", socket, *words], capture_output=True, text=True, check=True
        ).stdout

    tmux(
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-x",
        "200",
        "-y",
        "30",
        "-c",
        str(ROOT),
        "bash",
        "--rcfile",
        str(profile),
        "--noprofile",
        "-i",
    )

    def line() -> str:
        """The last line on the screen."""
        return ([one for one in tmux("capture-pane", "-p").splitlines() if one.strip()] or [""])[-1].rstrip()

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


def test_bash_completes_what_is_typed(bash: Callable[[str], str]) -> None:
    assert bash("meshctl auth") == "meshctl authz"
    assert bash(f"meshctl trace --dir {STORY} test") == f"meshctl trace --dir {STORY} test-pod"
    line = f"meshctl trace --dir {STORY} test-pod http://ngi"
    assert bash(line) == line.removesuffix("ngi") + "nginx.test.svc.cluster.local/"
    line = f"meshctl pc endpoint -f {STORY} test-pod --cluster 'outbound|80||ng"
    assert bash(line).startswith(line.removesuffix("ng") + "nginx.test.svc.cluster.local'")


def test_bash_completes_files_where_a_file_is_meant(bash: Callable[[str], str]) -> None:
    assert bash("meshctl pc cluster -f examples/sto").startswith("meshctl pc cluster -f examples/story")
    assert bash("meshctl pc cluster -o exampl") == "meshctl pc cluster -o exampl"
