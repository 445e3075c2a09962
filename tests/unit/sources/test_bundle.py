"""Folders and archives: what is read, what is refused, and how a pod is chosen."""

from __future__ import annotations

import gzip
import io
import pathlib
import tarfile

import pytest

from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.snapshot import SectionKind
from meshctl.errors import InputError, MeshctlError
from meshctl.reader.archive import gunzip, open_archive
from meshctl.sources import Needs, Origin, open_snapshots
from meshctl.sources.interface import Globals, ProxySnapshot, Silent

DUMP = b'{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "static_clusters": []}]}'
CLUSTERS = b'{"cluster_statuses": []}'


def archive(
    path: pathlib.Path, members: dict[str, bytes], *extra: tarfile.TarInfo, mode: str = "w:gz"
) -> pathlib.Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
        for member in extra:
            file.addfile(member)
    return path


def opened(*files: object, pods: tuple[str, ...] = (), namespace: str | None = None) -> ProxySnapshot:
    origin = Origin(pods=pods, files=tuple(map(str, files)), globals=Globals(namespace=namespace))
    return next(iter(open_snapshots(origin, Needs(), Silent())))


def test_several_files_are_one_proxy(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.json").write_bytes(DUMP)
    (tmp_path / "b.json").write_bytes(CLUSTERS)
    snapshot = opened(tmp_path / "a.json", tmp_path / "b.json").snapshot
    assert SectionKind.CLUSTERS in snapshot.sections
    assert DocumentKind.CLUSTERS in snapshot.documents


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_an_archive_is_known_by_its_content(tmp_path: pathlib.Path, mode: str) -> None:
    path = archive(tmp_path / "evidence", {"x/pod-a/config_dump.json": DUMP}, mode=mode)
    assert opened(path).name == "pod-a"


def test_gzip_is_unpacked(tmp_path: pathlib.Path) -> None:
    (tmp_path / "dump").write_bytes(gzip.compress(DUMP))
    assert SectionKind.CLUSTERS in opened(tmp_path / "dump").snapshot.sections


def test_a_pod_is_chosen_by_name_and_namespace(tmp_path: pathlib.Path) -> None:
    for namespace in ("one", "two"):
        folder = tmp_path / namespace / "web"
        folder.mkdir(parents=True)
        (folder / "config_dump.json").write_bytes(DUMP)
        (folder / "meta.json").write_text(f'{{"pod": "web", "namespace": "{namespace}"}}')
    assert opened(tmp_path, pods=("web.two",)).namespace == "two"
    assert opened(tmp_path, pods=("web",), namespace="one").namespace == "one"
    with pytest.raises(MeshctlError, match="several pods"):
        opened(tmp_path, pods=("web",))
    with pytest.raises(MeshctlError, match="holds 2 pods"):
        opened(tmp_path)
    with pytest.raises(MeshctlError, match='no pod "db"'):
        opened(tmp_path, pods=("db",))


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member


def test_links_devices_and_paths_that_lead_out_are_not_read(tmp_path: pathlib.Path) -> None:
    path = archive(
        tmp_path / "evil.tar.gz",
        {"../up/config_dump.json": DUMP, "/abs/config_dump.json": DUMP, "ok/config_dump.json": DUMP},
        link("sym/config_dump.json", "/etc/passwd", tarfile.SYMTYPE),
        link("hard/config_dump.json", "/etc/passwd", tarfile.LNKTYPE),
        link("dev/config_dump.json", "", tarfile.CHRTYPE),
    )
    with path.open("rb") as file:
        assert set(open_archive(file, "evil") or {}) == {"ok/config_dump.json"}


def test_links_in_a_folder_that_lead_out_are_not_read(tmp_path: pathlib.Path) -> None:
    (tmp_path / "secret").write_bytes(CLUSTERS)
    folder = tmp_path / "bundle" / "pod"
    folder.mkdir(parents=True)
    (folder / "config_dump.json").write_bytes(DUMP)
    (folder / "clusters.json").symlink_to(tmp_path / "secret")
    assert DocumentKind.CLUSTERS not in opened(tmp_path / "bundle").snapshot.documents


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meshctl.reader.archive.MAX_FILE_BYTES", 1 << 20)
    with pytest.raises(InputError, match="unpacks to more"):
        gunzip(gzip.compress(bytes(4 << 20)), "bomb.gz")


def test_an_archive_of_too_many_members_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meshctl.reader.archive.MAX_MEMBERS", 3)
    path = archive(tmp_path / "many.tar.gz", {f"{i}/config_dump.json": DUMP for i in range(5)})
    with path.open("rb") as file, pytest.raises(InputError, match="more than 3"):
        open_archive(file, "many")


@pytest.mark.parametrize("cut", [20, 40, 100])
def test_a_cut_archive_is_an_error(tmp_path: pathlib.Path, cut: int) -> None:
    path = archive(tmp_path / "cut.tar.gz", {"pod/config_dump.json": DUMP * 50})
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(MeshctlError):
        opened(path)


def test_gzip_that_ends_early_is_an_error() -> None:
    with pytest.raises(InputError, match="in the middle"):
        gunzip(gzip.compress(DUMP)[:-12], "x.gz")
