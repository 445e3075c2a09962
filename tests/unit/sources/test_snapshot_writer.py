"""What a snapshot's writer leaves on the disk: for its user alone, and nothing of anybody else's touched."""

from __future__ import annotations

import pathlib

import pytest

from meshctl.errors import UsageError
from meshctl.share.index import PodEntry
from meshctl.sources.snapshot_format import Writer


def _snapshot(target: pathlib.Path, *, force: bool = False) -> None:
    writer = Writer(target, force=force, resume=False)
    with writer.pod(PodEntry("a", "n", "pods/n/a")) as folder:
        folder.write("config_dump.json", b"{}")
    writer.add_object_list("services", b"{}", [])
    writer.finish()


def test_files_and_folders_are_for_the_user_alone(tmp_path: pathlib.Path) -> None:
    _snapshot(tmp_path / "folder")
    _snapshot(tmp_path / "mesh.tar.gz")
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("name", ["folder", "mesh.tar.gz"])
def test_force_replaces_a_snapshot(tmp_path: pathlib.Path, name: str) -> None:
    _snapshot(tmp_path / name)
    _snapshot(tmp_path / name, force=True)


def test_force_replaces_nothing_but_snapshots(tmp_path: pathlib.Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "precious").write_text("x")
    (tmp_path / "notes.tar.gz").write_text("x")
    for name in ("home", "notes.tar.gz"):
        with pytest.raises(UsageError):
            _snapshot(tmp_path / name, force=True)
    assert (tmp_path / "home" / "precious").read_text() == "x"
    assert (tmp_path / "notes.tar.gz").read_text() == "x"


@pytest.mark.parametrize("name", ["mesh.tar.gz", "mesh.tar.gz.partial"])
def test_nothing_is_written_through_a_link(tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError):
        _snapshot(tmp_path / "mesh.tar.gz", force=True)
    assert not any((tmp_path / "elsewhere").iterdir())
