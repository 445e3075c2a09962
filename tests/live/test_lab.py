"""The lab itself: up, the story, down; also when its parts are killed; two labs at once."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.lab import keep, place
from tests.lab.__main__ import main
from tests.lab.network import Network
from tests.lab.observe import Observer
from tests.lab.reach import Reach
from tests.lab.traffic import Request, send

pytestmark = [pytest.mark.root, pytest.mark.envoy]

NAME = f"t{os.getpid()}"
NGINX_POD = "nginx-7c79c4bf97-7985c"


def _lab(*arguments: str, name: str = NAME) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.lab", arguments[0], "--name", name, *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def _eventually(check: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.05)


def _left(name: str = NAME) -> list[str]:
    """What there is of a lab: namespaces, files, processes inside."""
    return place.namespaces(name) + ([str(place.folder(name))] if place.folder(name).exists() else [])


@pytest.fixture(autouse=True)
def _possible() -> None:
    reason = place.why_not()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def lab() -> Iterator[Reach]:
    done = _lab("up")
    assert done.returncode == 0, done.stderr
    yield keep.running(NAME)
    _lab("down")
    assert not _left()


def _request(lab: Reach, identity: str = "1") -> int | None:
    vip = lab.model.services[0].vip
    return send(lab, Request(identity, "test-pod", vip, 80, host="nginx.test")).code


def test_up_takes_less_than_twenty_seconds_and_down_leaves_nothing() -> None:
    began = time.monotonic()
    assert _lab("up").returncode == 0
    assert time.monotonic() - began < 20
    inside = Network(NAME).namespace("test-pod")
    pids = subprocess.run(["ip", "netns", "pids", inside], capture_output=True, text=True).stdout.split()
    assert pids
    assert _lab("down").returncode == 0
    assert not _left()
    assert all(place.start_time(int(pid)) is None for pid in pids)


def test_run_tells_the_story_and_everything_agrees() -> None:
    done = _lab("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Welcome to nginx! This is nginx-7c79c4bf97-7985c." in done.stdout
    assert "DELIVERED to nginx-7c79c4bf97-7985c port 80" in done.stdout
    assert "DIFFERENT" not in done.stdout
    assert done.stdout.rstrip().endswith("Everything agrees.")
    assert not _left()


def test_run_in_a_lab_that_is_up_leaves_it_up(lab: Reach) -> None:
    for _ in range(2):
        assert _lab("run").returncode == 0
    assert _request(lab) == 200


def test_up_twice_is_refused(lab: Reach) -> None:
    done = _lab("up")
    assert done.returncode == 1
    assert "is up already" in done.stderr


def test_two_labs_side_by_side_have_the_same_addresses(lab: Reach) -> None:
    other = NAME + "b"
    try:
        assert _lab("up", name=other).returncode == 0
        assert _request(lab) == _request(keep.running(other)) == 200
        assert _lab("down", name=other).returncode == 0
        assert _request(lab) == 200
    finally:
        _lab("down", name=other)
    assert not _left(other)


def test_an_envoy_that_is_killed_is_started_again(lab: Reach) -> None:
    pids = lab.network.namespace(NGINX_POD)
    listed = subprocess.run(["ip", "netns", "pids", pids], capture_output=True, text=True).stdout.split()
    victim = next(p for p in listed if pathlib.Path(f"/proc/{p}/cmdline").read_bytes().startswith(b"envoy"))
    os.kill(int(victim), signal.SIGKILL)
    _eventually(lambda: place.start_time(int(victim)) is None)
    _eventually(lambda: _request(lab) == 200)


def test_a_killed_keeper_is_swept_by_down(lab: Reach) -> None:
    keeper = place.keeper(NAME)
    assert keeper is not None
    os.kill(keeper, signal.SIGKILL)
    _eventually(lambda: place.keeper(NAME) is None)
    assert _left()
    assert _lab("status").returncode == 1
    assert _lab("down").returncode == 0
    assert not _left()


def test_a_killed_keeper_is_swept_by_the_next_up(lab: Reach) -> None:
    keeper = place.keeper(NAME)
    assert keeper is not None
    os.kill(keeper, signal.SIGKILL)
    _eventually(lambda: place.keeper(NAME) is None)
    assert _lab("up").returncode == 0
    assert _request(keep.running(NAME)) == 200


def test_without_root_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for command in ("up", "run", "down"):
        monkeypatch.setattr(sys, "argv", ["lab", command, "--name", NAME])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        assert capsys.readouterr().err.startswith("Error: the lab needs root")


def test_a_bypass_is_seen_by_the_kernel_and_not_by_envoy(lab: Reach) -> None:
    """Traffic of Envoy's own user leaves the pod untouched: no outbound hop, kube-proxy's DNAT, plain text."""
    vip = lab.model.services[0].vip
    with Observer(lab) as observer:
        seen = observer.request(Request("1", "test-pod", vip, 80, host="nginx.test", uid=1337))
    assert seen["code"] == 200
    assert seen["client_capture"] == [
        {"hook": "output", "dst": f"{vip}:80", "rules": [["nat", "OUTPUT", 1], ["nat", "ISTIO_OUTPUT", 4]]}
    ]
    assert [(h["direction"], h["downstream_tls"]) for h in seen["hops"]] == [("inbound", False)]


def test_the_three_faults_are_there_and_meshctl_finds_them():
    """``make lab KEEP=1``: what docs/lab-faults.md shows is what the lab and meshctl say."""
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "lab-faults.md").read_text()
    solutions = re.findall(r"\$ (meshctl trace .*)\n(.*)\n", page)
    assert len(solutions) == 3
    codes = [
        f'pod curl -o /dev/null -w "%{{http_code}}\\n" {url}'
        for url in (
            "http://cart.test/",
            "http://orders.test/",
            "http://nginx.test/admin",
            "http://nginx.test/",
        )
    ]
    script = "\n".join(
        [
            *codes,
            *(command for command, _ in solutions),
            'meshctl why test-pod "$(logs test-pod | head -1)" --dir $MESH -o short',
            "",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab", "faults", "--name", f"{NAME}f"],
        input=script,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    said = done.stdout.rpartition("takes the lab away.")[2].strip().splitlines()
    assert said[:4] == ["503", "503", "403", "200"], (done.stdout, done.stderr)
    assert said[4:7] == [answer for _, answer in solutions]
    assert said[7].startswith("503 NC: ")
    assert not _left(f"{NAME}f")
