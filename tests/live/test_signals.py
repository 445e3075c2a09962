"""Whenever a command is ended, and by whatever signal, nothing of the kubeconfig is left in a file.

A few runs here; ``MESHCTL_SIGNAL_RUNS=300`` makes so many, each with another command, fault, moment and signal.
"""

from __future__ import annotations

import base64
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest
import yaml

from tests import ctrl_c
from tests.corpus import ROOT
from tests.live.kube.fake_kube import FakeKube

RUNS = int(os.environ.get("MESHCTL_SIGNAL_RUNS", "12"))
COMMANDS = (
    ("pc", "listener", "test-pod"),
    ("pc", "all", "test-pod", "-o", "json"),
    ("pc", "cluster", "-A"),
    ("snapshot", "-o", "mesh.tar.gz"),
    ("trace", "test-pod", "http://nginx.test/"),
    ("check", "-A"),
    ("proxy-status",),
)
FAULTS: tuple[dict[str, object], ...] = (
    {},
    {"match": "portforward", "stream": "stall", "after": 500},
    {"match": "portforward", "status": 403},
    {"match": "pods", "status": 429, "headers": {"Retry-After": "1"}, "times": 2},
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP)


def marks(kubeconfig: pathlib.Path, to: pathlib.Path) -> list[bytes]:
    """Writes a kubeconfig with a client's key and a token; what must be found nowhere of them."""
    document = yaml.safe_load(kubeconfig.read_text())
    user = next(u["user"] for u in document["users"] if u["name"] == "admin-cert")
    to.write_text(yaml.safe_dump({**document, "current-context": "admin-cert"}))
    pem = base64.b64decode(user["client-key-data"]) + base64.b64decode(user["client-certificate-data"])
    lines = [line for line in pem.splitlines() if len(line) > 40]
    tokens = [u["user"]["token"].encode() for u in document["users"] if len(u["user"].get("token", "")) > 12]
    return [*lines, *tokens, user["client-key-data"][200:260].encode()]


def _started(
    command: list[str], folder: pathlib.Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=ctrl_c.heard,
    )


def _lasting(child: subprocess.Popen[bytes], most: float = 2.5) -> float:
    """For how long a command runs that nobody ends before ``most`` seconds."""
    began = time.monotonic()
    try:
        child.communicate(timeout=most)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
    return time.monotonic() - began


@pytest.mark.timeout(60 + 30 * RUNS)
def test_nothing_of_the_kubeconfig_stays_whenever_and_however_a_command_ends(
    kube: FakeKube, tmp_path: pathlib.Path
) -> None:
    secrets = marks(pathlib.Path(kube.kubeconfig), tmp_path / "kubeconfig")
    places = {key: tmp_path / key.lower() for key in ("TMPDIR", "HOME", "CWD")}
    for place in places.values():
        place.mkdir()
    environment = {**os.environ, "TMPDIR": str(places["TMPDIR"]), "HOME": str(places["HOME"])}
    environment["PYTHONPATH"] = str(ROOT)
    chance = random.Random(int(os.environ.get("MESHCTL_SIGNAL_SEED", "1")))
    ended = 0
    lasts: dict[tuple[str, ...], float] = {}  # seconds, undisturbed or until a stall was seen
    for _ in range(RUNS):
        words, fault, number = chance.choice(COMMANDS), chance.choice(FAULTS), chance.choice(SIGNALS)
        kube.faults(*([fault] if fault else []))
        command = [
            sys.executable,
            "-m",
            "meshctl",
            "--kubeconfig",
            str(tmp_path / "kubeconfig"),
            "-n",
            "test",
        ]
        command += words
        if words not in lasts:
            lasts[words] = _lasting(_started(command, places["CWD"], environment))
        child = _started(command, places["CWD"], environment)
        try:
            out, err = child.communicate(timeout=chance.uniform(0.02, lasts[words]))
        except subprocess.TimeoutExpired:
            child.send_signal(number)
            ended += 1
            out, err = child.communicate(timeout=30)
        assert b"Traceback" not in err or b"meshctl/" not in err, (words, fault, number, err)
        found = [p for place in places.values() for p in place.rglob("*") if p.is_file()]
        for content in (out, err, *(p.read_bytes() for p in found)):
            assert not [secret for secret in secrets if secret in content], (words, fault, number, found)
    assert ended > RUNS // 4
