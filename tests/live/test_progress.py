"""What a terminal shows while a fetch is slow: in a real terminal (tmux), whose cursor can be asked for.

Standard output gets the whole answer, whatever was shown meanwhile; the cursor is visible after every end.
"""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.live.kube.fake_kube import FakeKube

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

SLOW = {"match": "portforward", "stream": "slow", "rate": 40_000}
STALLED = {"match": "portforward", "stream": "stall", "after": 2000}


class Terminal:
    """One window of a tmux server of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._folder = folder
        self("new-session", "-d", "-x", "120", "-y", "20", "sh")

    def __call__(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, check=False, timeout=20
        ).stdout

    def start(self, command: str) -> None:
        """The command line; its exit code and process end up in files."""
        line = f"{command}; echo $? > {self._folder}/rc"
        self("send-keys", "-l", line)
        self("send-keys", "Enter")

    @property
    def screen(self) -> str:
        return self("capture-pane", "-p")

    @property
    def cursor(self) -> bool:
        return self("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def code(self) -> int:
        path = self._folder / "rc"
        assert wait_for(lambda: path.exists() and path.read_text().endswith("\n")), self.screen
        time.sleep(0.2)
        return int(path.read_text())


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.fixture
def terminal(tmp_path: pathlib.Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made("kill-server")


def meshctl(kube: FakeKube, *arguments: str) -> str:
    words = [sys.executable, "-m", "meshctl", "--kubeconfig", str(kube.kubeconfig), "-n", "test", *arguments]
    return shlex.join(words)


COMMANDS = [
    ("pc", "all", "test-pod", "-o", "json"),
    ("pc", "all", "-l", "app=test", "-o", "json"),
    ("trace", "test-pod", "http://svc-0.test.svc.cluster.local/", "--to", "10.0.0.1:80", "-o", "json"),
    ("capture", "show", "test-pod", "-o", "json"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_whole_answer_is_in_the_file(kube: FakeKube, terminal: Terminal, tmp_path: pathlib.Path, words: tuple[str, ...]) -> None:  # fmt: skip
    kube.faults(SLOW, {"match": "/log", "delay": 2})
    out = tmp_path / "out.json"
    terminal.start(f"{meshctl(kube, *words)} > {out}")
    shown = wait_for(lambda: re.search(r"test-pod\S*: ", terminal.screen) is not None, 10)
    code = terminal.code()
    assert json.loads(out.read_text()), code
    assert shown, terminal.screen
    assert terminal.cursor
    assert not re.search(r"test-pod\S*: ", terminal.screen), "what was shown is gone with the fetch"


def test_a_pipe_gets_it_too(kube: FakeKube, terminal: Terminal, tmp_path: pathlib.Path) -> None:
    kube.faults({**SLOW, "rate": 15_000})  # one section: longer than the display waits
    terminal.start(f"{meshctl(kube, 'pc', 'cluster', 'test-pod', '-o', 'json')} | wc -c > {tmp_path}/count")
    assert terminal.code() == 0
    assert int((tmp_path / "count").read_text()) > 1000


@pytest.mark.parametrize(
    ("fault", "end", "code"),
    [
        (STALLED, "C-c", 130),
        (STALLED, signal.SIGTERM, 143),
        (STALLED, signal.SIGKILL, 137),
        ({**SLOW, "stream": "drop", "after": 5000}, None, 1),
        (SLOW, None, 0),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGKILL", "error", "success"],
)
def test_the_cursor_is_visible_after(
    kube: FakeKube,
    terminal: Terminal,
    tmp_path: pathlib.Path,
    fault: dict[str, object],
    end: object,
    code: int,
) -> None:
    kube.faults(fault)
    run = f"{meshctl(kube, 'pc', 'all', 'test-pod', '-o', 'json')} > {tmp_path}/out"
    terminal.start(f"sh -c 'echo $$ > {tmp_path}/pid; exec {run}'")
    if end is not None:
        assert wait_for(lambda: "config_dump" in terminal.screen), terminal.screen
    if isinstance(end, signal.Signals):
        subprocess.run(["kill", f"-{int(end)}", (tmp_path / "pid").read_text().strip()], check=True)
    elif end is not None:
        terminal("send-keys", str(end))
    assert terminal.code() == code
    assert terminal.cursor
