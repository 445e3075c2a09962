"""What a snapshot's writer leaves on the disk: for its user alone, and nothing of anybody else's touched."""

from __future__ import annotations

import pathlib

import pytest

from meshctl.errors import UsageError
from meshctl.share.index import PodEntry, checksum, read_index
from meshctl.sources.snapshot_format import Writer, write_private
from meshctl.sources.snapshot_share import anonymize


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


def _taken(target: pathlib.Path) -> Writer:
    writer = Writer(target, force=False, resume=False)
    for pod in ("shopper-1", "shopper-2"):
        with writer.pod(PodEntry(pod, "zorgcorp", f"pods/zorgcorp/{pod}")) as folder:
            folder.write("config_dump.json", b'{"host": "a.zorgcorp.test", "address": "10.1.2.3"}')
            folder.write("istio-init.log", b"start")
    writer.add_object_list(
        "services", b'{"items": [{"metadata": {"name": "shopper", "namespace": "zorgcorp"}}]}', []
    )
    return writer


def _sums_are_right(folder: pathlib.Path) -> bool:
    index = read_index((folder / "index.json").read_bytes(), "f")
    pods = {f"{pod.folder}/{name}": entry for pod in index.pods for name, entry in pod.files.items()}
    entered = pods | {f"cluster/{kind}.json": entry for kind, entry in index.cluster.items()}
    return bool(entered) and all(
        checksum((folder / path).read_bytes()) == entry for path, entry in entered.items()
    )


def test_a_renamed_snapshot_verifies_and_holds_no_name(tmp_path: pathlib.Path) -> None:
    writer = _taken(tmp_path / "s")
    anonymize(writer)
    assert _sums_are_right(writer.work)
    for path in writer.work.rglob("*"):
        assert "zorgcorp" not in path.as_posix() and "shopper" not in path.as_posix()
        assert path.is_dir() or b"zorgcorp" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("after", range(5))
def test_stopped_while_it_is_renamed_it_is_one_whole_snapshot(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    writer = _taken(tmp_path / "s")
    left = [after]

    def write(path: pathlib.Path, data: bytes) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        write_private(path, data)

    monkeypatch.setattr("meshctl.sources.snapshot_share.write_private", write)
    with pytest.raises(KeyboardInterrupt):
        anonymize(writer)
    assert _sums_are_right(tmp_path / "s.partial")
    monkeypatch.undo()
    again = Writer(tmp_path / "s", force=False, resume=True)
    anonymize(again)
    again.finish()
    assert _sums_are_right(tmp_path / "s")
    assert not any(b"zorgcorp" in path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file())
