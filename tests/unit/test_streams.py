"""Files and streams as shells and systems hand them over: pipes, closed streams, full disks, folders that are gone."""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess
import sys

import pytest

from tests.cli import dump_bytes

MESHCTL = f"{shlex.quote(sys.executable)} -m meshctl"


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    file = tmp_path_factory.mktemp("dump") / "config_dump.json"
    file.write_bytes(dump_bytes("gateway.config_dump"))
    return file


def _shell(text: str, folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[2]), "M": MESHCTL}
    return subprocess.run(
        ["bash", "-c", text.replace("meshctl ", f"{MESHCTL} ")], capture_output=True, text=True, cwd=folder, env=env, timeout=60,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        "meshctl pc cluster -f <(cat DUMP)",
        "mkfifo f; cat DUMP > f & meshctl pc cluster -f f",
        "meshctl pc cluster -f <(gzip -c DUMP)",
        "meshctl pc cluster -f <(tar c -C $(dirname DUMP) config_dump.json)",
        "cat DUMP | meshctl pc cluster -f -",
        "cat DUMP | meshctl pc cluster -f /dev/stdin",
        "meshctl snapshot show <(cat DUMP)",
    ],
)
def test_a_pipe_is_read_as_a_file(command: str, dump: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = _shell(command.replace("DUMP", str(dump)), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) > 1


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("meshctl pc cluster -f DUMP >&-", 1, "standard output cannot be written"),
        ("meshctl pc cluster -f DUMP >/dev/full", 1, "standard output cannot be written"),
        ("meshctl --help >/dev/full", 1, "standard output cannot be written"),
        ("meshctl version >&-", 1, "standard output cannot be written"),
        ("meshctl completion bash >/dev/full", 1, "standard output cannot be written"),
        ("meshctl pc cluster -f - <&-", 1, "standard input cannot be read"),
        ("meshctl pc cluster -f nope", 1, "does not exist"),
        ("meshctl pc cluster -f nope 2>&-", 1, ""),
        ("meshctl pc cluster -f nope 2>/dev/full", 1, ""),
        ("meshctl pc cluster -f DUMP <&- >&- 2>&-", 1, ""),
        ("meshctl pc cluster -f DUMP 2>&-", 0, ""),
        ("ln -s a b; ln -s b a; meshctl pc cluster -f a", 1, "symbolic links"),
        ("mkdir gone; cd gone; rmdir ../gone; meshctl pc cluster -f x", 1, "it was deleted"),
        ("mkdir gone; cd gone; rmdir ../gone; meshctl pc cluster -f DUMP", 0, ""),
        ("mkdir gone; cd gone; rmdir ../gone; meshctl snapshot show .", 1, "Error"),
        ("mkdir x; ln -s .. x/up; cp DUMP x/config_dump.json; meshctl pc cluster -f x", 0, ""),
    ],
)
def test_what_cannot_be_read_or_written_is_said(
    command: str, code: int, said: str, dump: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = _shell(command.replace("DUMP", str(dump)), tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr and "fault of meshctl" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_ctrl_c_while_modules_are_read_is_130_without_a_traceback():
    """Nothing of meshctl is imported yet but its entry point; before that, Python itself is starting."""
    program = (
        "import builtins, meshctl.__main__ as entry\n"
        "own = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name == 'meshctl.cli':\n"
        "        raise KeyboardInterrupt\n"
        "    return own(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
