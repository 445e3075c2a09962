"""A file that is read while the program is imported: what is begun with, and when what was read counts."""

from __future__ import annotations

import io
import os
import pathlib
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator

import pytest

from meshctl import ahead
from meshctl.sources.folder import open_path
from tests.corpus import ROOT

STORY = (ROOT / "examples" / "story" / "test-pod" / "config_dump.json").read_bytes()
LARGE = STORY.rstrip() + b" " * ahead.WORTH_A_THREAD + b"\n"


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    ahead._readings.clear()


@pytest.fixture
def dump(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "config_dump.json"
    path.write_bytes(LARGE)
    return path


@pytest.mark.parametrize(
    "words",
    [
        ["pc", "cluster", "-f", "{}"],
        ["pc", "cluster", "--file", "{}", "-o", "json"],
        ["trace", "--file={}", "http://reviews:9080/"],
        ["-n", "test", "pc", "all", "-f", "{}", "-f", "other"],
    ],
)
def test_the_first_file_of_a_line_is_read_ahead_and_taken_once(words: list[str], dump: pathlib.Path) -> None:
    ahead.begin([word.format(dump) for word in words])
    assert ahead.take(dump.stat()) == LARGE
    assert ahead.take(dump.stat()) is None


def test_whoever_opens_it_gets_what_was_read(dump: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead.begin(["-f", str(dump)])
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("it is read again"))
    assert open_path(str(dump)) == LARGE


def _tar(path: pathlib.Path) -> None:
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("{config_dump.json")
        info.size = 10
        archive.addfile(info, io.BytesIO(b"0123456789"))
    path.write_bytes(path.read_bytes() + b"\0" * ahead.WORTH_A_THREAD)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: os.mkfifo(path),
        lambda path: path.symlink_to(path.name),
        lambda path: path.write_bytes(STORY),
        lambda path: path.write_bytes(b"\x1f\x8b" + LARGE),
        lambda path: path.write_bytes(b"*filter\n" + b"#" * ahead.WORTH_A_THREAD),
    ],
    ids=["missing", "folder", "pipe", "circle", "small", "compressed", "no JSON"],
)
def test_what_is_not_begun_with(make: Callable[[pathlib.Path], None], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "given"
    make(path)
    ahead.begin(["-f", str(path)])
    assert not ahead._readings


@pytest.mark.parametrize(
    "words", [[], ["-f"], ["--file"], ["-f", "-"], ["-f", ""], ["-f", "\0"], ["--file="]]
)
def test_lines_that_name_no_file(words: list[str]) -> None:
    ahead.begin(words)
    assert not ahead._readings


def _replaced(path: pathlib.Path) -> None:
    other = path.with_name("other")
    other.write_bytes(LARGE.replace(b"reviews", b"ratings"))
    other.replace(path)


@pytest.mark.parametrize(
    "change",
    [
        _replaced,
        lambda path: path.write_bytes(LARGE + b" "),
        lambda path: path.write_bytes(LARGE[:-9]),
        lambda path: os.utime(path, (0, 0)),
    ],
    ids=["replaced", "grown", "cut", "written to"],
)
def test_a_file_that_changed_is_read_as_it_is_now(
    change: Callable[[pathlib.Path], None], dump: pathlib.Path
) -> None:
    ahead.begin(["-f", str(dump)])
    change(dump)
    assert ahead.take(dump.stat()) is None
    assert open_path(str(dump)) == dump.read_bytes()


@pytest.mark.parametrize("read", [LARGE[:-1], LARGE + b"}"])
def test_a_part_of_a_file_does_not_count(
    read: bytes, dump: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "read", lambda descriptor, size: b"{" if size == 1 else read)
    ahead.begin(["-f", str(dump)])
    assert ahead.take(dump.stat()) is None


def test_an_error_while_reading_is_told_where_the_file_is_opened(
    dump: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int, size: int) -> bytes:
        if size == 1:
            return b"{"
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", broken)
    ahead.begin(["-f", str(dump)])
    assert ahead.take(dump.stat()) is None


def test_another_file_leaves_it_for_its_own_turn(dump: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = tmp_path / "rules.txt"
    other.write_bytes(b"*nat\n")
    ahead.begin(["-f", str(dump)])
    assert open_path(str(other)) == b"*nat\n"
    assert ahead.take(dump.stat()) == LARGE


def test_an_archive_whose_first_name_looks_like_json_is_an_archive(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "given.tar"
    _tar(path)
    ahead.begin(["-f", str(path)])
    assert ahead._readings
    opened = open_path(str(path))
    assert isinstance(opened, dict) and list(opened) == ["{config_dump.json"]


@pytest.mark.parametrize("given", ["-f '{}'", "-f <(cat '{}')", "-f - < '{}'", "-f - <&-", "-f '{}' <&-"])
def test_every_way_to_give_a_dump_is_answered_as_without_reading_ahead(
    given: str, dump: pathlib.Path
) -> None:
    def run(begin: str) -> tuple[int, str, str]:
        program = f"import sys\nfrom meshctl import ahead, __main__\n{begin}\n__main__.main()"
        line = f"'{sys.executable}' -c '{program}' pc cluster {given.format(dump)}"
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    assert run("") == run("ahead.begin = lambda argv: None")
