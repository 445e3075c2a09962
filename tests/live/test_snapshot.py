"""Snapshots of the stand-in cluster: complete, safe, resumable, and answering as the cluster does."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import time

import msgspec
import pytest

from meshctl.cli import main
from meshctl.share.index import Index
from tests import ctrl_c
from tests.live.conftest import MANIFESTS
from tests.live.kube.fake_kube import FakeKube, serve

PODS = ("test-pod", "nginx-abc-1")


def take(*arguments: str) -> int:
    return main(["-n", "test", "--kubeclient-timeout", "2s", "snapshot", *arguments])


def index_of(path: pathlib.Path) -> Index:
    return msgspec.json.decode((path / "index.json").read_bytes(), type=Index)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "view",
    ["listener", "cluster", "route", "endpoint", "eds", "bootstrap", "all"],
)
@pytest.mark.parametrize("form", ["short", "json"])
def test_every_view_prints_from_the_snapshot_what_it_prints_live(
    kube: FakeKube, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], view: str, form: str
) -> None:
    assert take("test-pod", "-o", str(tmp_path / "mesh.tar.gz")) == 0
    live = printed(capsys, "-n", "test", "pc", view, "test-pod", "-o", form)
    saved = printed(
        capsys, "-n", "test", "pc", view, "test-pod", "-o", form, "-f", str(tmp_path / "mesh.tar.gz")
    )
    assert _timeless(saved) == _timeless(live)


def _timeless(text: str) -> str:
    """Without what differs from one request to Envoy to the next: gauges, and the order of unordered maps."""
    return "\n".join(sorted(line.rstrip(",") for line in text.splitlines() if '"value"' not in line))


def test_the_archive_holds_all_files_of_a_pod_and_the_objects(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "mesh.tar.gz"
    assert take("test-pod", "-o", str(target)) == 0
    with tarfile.open(target) as archive:
        names = {name.removeprefix("mesh/") for name in archive.getnames()}
    assert {"index.json", "cluster/services.json", "pods/test/test-pod/config_dump.json"} <= names
    assert {"pods/test/test-pod/meta.json", "pods/test/test-pod/pod.json"} <= names
    assert not (tmp_path / "mesh.tar.gz.partial").exists()
    assert main(["snapshot", "show", str(target), "--verify"]) == 0


def test_nothing_is_overwritten(
    kube: FakeKube, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mesh"
    assert take("test-pod", "-o", str(target)) == 0
    before = (target / "index.json").read_bytes()
    assert take("test-pod", "-o", str(target)) == 2
    assert "--force" in capsys.readouterr().err
    assert (target / "index.json").read_bytes() == before
    assert take("test-pod", "-o", str(target), "--force") == 0


def test_a_pod_that_fails_costs_the_exit_code_and_is_listed(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    kube.faults({"match": "nginx-abc-1/portforward", "stream": "drop", "after": 2000})
    target = tmp_path / "mesh"
    assert take("test-pod", "nginx-abc-1", "-o", str(target)) == 1
    entries = {pod.pod: pod for pod in index_of(target).pods}
    assert entries["test-pod"].files
    assert "was lost" in entries["nginx-abc-1"].error
    assert not (target / "pods/test/nginx-abc-1").exists()


FAULTS = [
    {"stream": "drop", "after": 2000},
    {"stream": "reset", "after": 2000},
    {"stream": "close", "after": 2000},
    {"stream": "error", "after": 2000},
    {"stream": "stall", "after": 2000},
    {"stream": "refuse"},
    {"hang": True},
    {"abort": True},
    {"status": 500, "message": "error dialing backend: dial tcp 10.0.0.5:10250: i/o timeout"},
    {"status": 403, "reason": "Forbidden", "message": "pods is forbidden"},
    {"status": 429, "message": "too many requests"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=[str(f) for f in FAULTS])
def test_no_fault_in_the_middle_of_a_run_stops_it(
    kube: FakeKube, tmp_path: pathlib.Path, fault: dict[str, object]
) -> None:
    kube.faults({"match": "test-pod/portforward", **fault})
    target = tmp_path / "mesh"
    assert take("test-pod", "nginx-abc-1", "-o", str(target)) == 1
    index = index_of(target)
    assert index.finished
    assert not index.complete
    assert [p.pod for p in index.pods if p.files] == ["nginx-abc-1"]
    assert next(p.error for p in index.pods if p.pod == "test-pod")


def test_killed_midway_it_is_a_valid_partial_snapshot_that_can_be_resumed(
    kube: FakeKube, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kube.faults({"match": "nginx-abc-1/portforward", "hang": True})
    target = tmp_path / "mesh.tar.gz"
    command = [sys.executable, "-m", "meshctl", "-n", "test", "--kubeclient-timeout", "60s", "snapshot"]
    process = subprocess.Popen(
        [*command, "test-pod", "nginx-abc-1", "-o", str(target)], stderr=subprocess.DEVNULL
    )
    partial = tmp_path / "mesh.tar.gz.partial"
    _wait_for(partial / "pods/test/test-pod/meta.json")
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not index_of(partial).complete
    assert list(partial.glob("pods/test/.*")), "the pod in the making is there, unfinished"
    assert printed(capsys, "pc", "listener", "-f", str(partial)), "and is not taken for a pod"
    assert "test-pod" in printed(capsys, "snapshot", "show", str(partial))
    assert printed(capsys, "pc", "listener", "test-pod", "-f", str(partial))
    kube.faults()
    assert take("test-pod", "nginx-abc-1", "-o", str(target)) == 2
    assert "--resume" in capsys.readouterr().err
    assert take("test-pod", "nginx-abc-1", "-o", str(target), "--resume") == 0
    assert "there already" in capsys.readouterr().err
    assert not partial.exists()
    assert main(["snapshot", "show", str(target), "--verify"]) == 0


@pytest.fixture
def unfinished(kube: FakeKube, tmp_path: pathlib.Path) -> pathlib.Path:
    """A snapshot of two pods that was killed at the second; its target."""
    kube.faults({"match": "nginx-abc-1/portforward", "hang": True})
    target = tmp_path / "mesh"
    command = [sys.executable, "-m", "meshctl", "-n", "test", "--kubeclient-timeout", "60s", "snapshot"]
    process = subprocess.Popen(
        [*command, "test-pod", "nginx-abc-1", "-o", str(target)], stderr=subprocess.DEVNULL
    )
    _wait_for(tmp_path / "mesh.partial/pods/test/test-pod/meta.json")
    time.sleep(0.2)
    process.kill()
    process.wait()
    kube.faults()
    return target


OTHER_RUNS = [
    (("test-pod",), "other words (pods)"),
    (("test-pod", "nginx-abc-1", "--anonymize"), "other words (anonymize)"),
    (("test-pod", "nginx-abc-1", "-l", "app=nginx"), "other words (selector)"),
]


@pytest.mark.parametrize(("words", "reason"), OTHER_RUNS)
def test_another_run_is_not_resumed(
    unfinished: pathlib.Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    capsys.readouterr()
    assert take(*words, "-o", str(unfinished), "--resume") == 2
    err = capsys.readouterr().err
    assert reason in err
    assert "snapshot test-pod nginx-abc-1" in err
    assert not unfinished.exists()


def test_another_cluster_is_not_resumed(
    unfinished: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve(str(MANIFESTS), out=tmp_path_factory.mktemp("other")) as other:
        monkeypatch.setenv("KUBECONFIG", str(other.kubeconfig))
        assert take("test-pod", "nginx-abc-1", "-o", str(unfinished), "--resume") == 2
    assert "another cluster" in capsys.readouterr().err


def test_the_same_run_is_resumed_whatever_else_is_said(unfinished: pathlib.Path) -> None:
    assert take("nginx-abc-1", "test-pod", "-o", str(unfinished), "--resume", "--at-once", "2") == 0
    index = index_of(unfinished)
    assert index.complete
    assert not index.asked_for


SEVERAL = [
    (("-l", "app=nginx"), {"nginx-abc-1"}),
    (("svc/nginx",), {"nginx-abc-0", "nginx-abc-1"}),
    (("deploy/nginx",), {"nginx-abc-0", "nginx-abc-1"}),
]


@pytest.mark.parametrize(("words", "pods"), SEVERAL, ids=[" ".join(words) for words, _ in SEVERAL])
def test_several_pods_by_what_they_have_in_common(
    kube: FakeKube, tmp_path: pathlib.Path, words: tuple[str, ...], pods: set[str]
) -> None:
    assert take(*words, "-o", str(tmp_path / "mesh")) == 0
    entries = {pod.pod: pod for pod in index_of(tmp_path / "mesh").pods}
    assert set(entries) == pods
    assert "config_dump.json" in entries["nginx-abc-1"].files
    for waiting in pods - {"nginx-abc-1"}:
        assert entries[waiting].missing["config_dump.json"] == "the pod is Pending"


def test_a_peer_without_a_sidecar_is_kept(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    take("-o", str(tmp_path / "mesh"))
    entries = {pod.pod: pod for pod in index_of(tmp_path / "mesh").pods}
    assert entries["no-sidecar"].missing["config_dump.json"] == "the pod has no sidecar"
    assert {"meta.json", "pod.json"} <= set(entries["no-sidecar"].files)


def test_around_a_pod_with_a_role_of_the_namespace(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    kube.faults({"match": r"GET /api/v1/pods\?", "status": 403, "reason": "Forbidden", "message": "no"})
    assert take("--around", "test-pod", "-o", str(tmp_path / "mesh")) == 0
    assert "test-pod" in {pod.pod for pod in index_of(tmp_path / "mesh").pods}


def _wait_for(path: pathlib.Path, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.05)


def test_ctrl_c_leaves_a_partial_snapshot_and_says_how_to_go_on(
    kube: FakeKube, tmp_path: pathlib.Path
) -> None:
    kube.faults({"match": "nginx-abc-1/portforward", "hang": True})
    target = tmp_path / "mesh.tar.gz"
    command = [sys.executable, "-m", "meshctl", "-n", "test", "--kubeclient-timeout", "60s", "snapshot"]
    process = subprocess.Popen(
        [*command, "test-pod", "nginx-abc-1", "-o", str(target)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ctrl_c.heard,
    )
    _wait_for(tmp_path / "mesh.tar.gz.partial/pods/test/test-pod/meta.json")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert "--resume" in err
    assert "Traceback" not in err
    assert not target.exists()


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="needs a file system that can be filled")
def test_a_full_disk_is_named(
    kube: FakeKube, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=False).returncode:
        pytest.skip("this sandbox does not allow to mount a file system")
    try:
        assert take("test-pod", "-o", str(small / "mesh")) == 1
        err = capsys.readouterr().err
        assert "No space left" in err
        assert "--resume" in err
    finally:
        subprocess.run(["umount", small], check=True)


def test_secrets_of_every_kind_are_removed_and_listed(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    secret = "hunter2-correct-horse"
    kube.store.add(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "leaky",
                "namespace": "test",
                "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"env": secret}),
                    "example.test/dsn": f"postgres://me:{secret}@db/x",
                },
            },
            "spec": {
                "nodeName": "node-1",
                "containers": [
                    {
                        "name": "app",
                        "env": [{"name": "GREETING", "value": secret}],
                        "args": [f"--password={secret}"],
                    }
                ],
            },
            "status": {"phase": "Running"},
        }
    )
    target = tmp_path / "mesh"
    assert take("leaky", "-o", str(target)) == 0
    for path in target.rglob("*"):
        if path.is_file():
            assert secret not in path.read_text(), path
    reasons = {r.path for r in index_of(target).removed}
    assert "app.env.GREETING" in reasons


def test_around_takes_the_pods_behind_the_endpoints(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    kube.store.add(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "behind", "namespace": "test"},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
            "status": {"phase": "Running", "podIP": "10.1.0.1", "podIPs": [{"ip": "10.1.0.1"}]},
        }
    )
    target = tmp_path / "mesh"
    assert take("--around", "test-pod", "-o", str(target)) == 0
    assert {"test-pod", "behind"} <= {p.pod for p in index_of(target).pods}
