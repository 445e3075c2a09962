"""``proxy-status``: every recorded invocation of the real istioctl, against istiod's recorded debug answers.

A recording has up to three runs, since istiod orders what Go keeps in maps anew for every answer; ours must be one of
them. Where none is, the difference must be one that is meant.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import re

import pytest
import yaml

from tests.cli import Outcome, run
from tests.golden.served import world
from tests.golden.width import NEEDED, ROOT, Settled, cases, stdout

pytestmark = [pytest.mark.corpus, NEEDED, pytest.mark.timeout(300)]

STAGES = {"steady": "steady", "stale": "stale", "gone": "gone", "match": "steady"}
# When istioctl looked: ages are counted from there.
NOW = {
    "steady": "2026-11-23T14:44:20Z",
    "stale": "2026-11-23T14:45:21.5Z",
    "gone": "2026-11-23T14:46:35.5Z",
    "match": "2026-11-23T14:44:20Z",
}
OTHER_COMMANDS = ("version", "remote-clusters")


def _runs(topic: str, case: dict) -> list[bytes]:
    more = sorted((ROOT / topic).glob(f"{case['id']}.run*.out"))
    return [stdout(topic, case), *(path.read_bytes() for path in more)]


def _same(topic: str, case: dict, found: Outcome) -> bool:
    if found.rc != case["rc"]:
        return False
    return hashlib.sha256(found.raw).hexdigest() == case["stdout_sha256"] or (
        bool(case["stdout"] or not case["stdout_bytes"]) and found.raw in _runs(topic, case)
    )


def _excuse(topic: str, case: dict, found: Outcome) -> str:
    words = case["argv"]
    if "json" in words or "yaml" in words:
        if found.rc == 0 and any(word.partition(".")[2] == "bookinfo" for word in words):
            return "other form" if json.loads(found.out)[0]["type"] == "Clusters" else ""
        return (
            "as values" if _values(found.out, words) == _values(stdout(topic, case).decode(), words) else ""
        )
    if any(word.startswith("--xds-address") or word == "--xds-port" for word in words):
        return "over gRPC" if found.rc in (1, 2) and not found.raw else ""  # nobody listens there now
    if found.rc == 2:
        return "usage" if not found.raw else ""
    if "worlds/ports.json" in words:
        return "no dump" if (found.rc, found.raw) == (1, b"") else ""
    if found.rc == case["rc"] == 1:  # what istioctl's libraries log goes to stdout
        return "words" if found.raw == b"" and b"\terror\t" in stdout(topic, case) else ""
    if "-v" in words and found.rc == 0:
        return "ages" if _ages(found.raw) in map(_ages, _runs(topic, case)) else ""
    if found.rc == case["rc"] == 0 and _only_order(topic, case, found):
        return "order of matchers"
    return ""


def _values(text: str, words: list[str]) -> object:
    """The proxies by name, without what is of the answer alone."""
    answer = json.loads(text) if "json" in words else yaml.safe_load(text)
    found = {one["node"]["id"]: one for one in answer["resources"]}
    for one in found.values():
        for config in one["genericXdsConfigs"]:
            config.pop("lastUpdated")
            config.get("errorState", {}).pop("lastUpdateAttempt", None)
    return found, answer["typeUrl"], answer["versionInfo"]


def _ages(raw: bytes) -> bytes:
    return re.sub(rb"\([0-9ms]+\)", b"(age)", raw)


_ROUTES = re.compile(rb"(?ms)^Routes (Don't )?Match.*")


def _only_order(topic: str, case: dict, found: Outcome) -> bool:
    """Whether the rest is the same, and istioctl's diff of routes has the same lines on both sides in another order."""
    if any(_ordered(theirs) == _ordered(found.raw) for theirs in _runs(topic, case)):
        return True
    ours = _ROUTES.search(found.raw)
    if ours is None or ours[1]:
        return False
    if not case["stdout"]:  # a digest: what is left is as long as a diff of some matchers
        return 0 <= case["stdout_bytes"] - len(found.raw) < 4000
    for theirs in _runs(topic, case):
        routes = _ROUTES.search(theirs)
        if routes is None or _ROUTES.sub(b"", theirs) != _ROUTES.sub(b"", found.raw):
            continue
        lines = routes[0].splitlines()[3:]
        added, removed = (b"\n".join(li[1:] for li in lines if li[:1] == sign) for sign in (b"+", b"-"))
        if _ordered(added) == _ordered(removed):
            return True
    return False


def _ordered(text: bytes) -> list[bytes]:
    return sorted(line.strip(b" ,") for line in text.splitlines())


@pytest.mark.parametrize("stage", STAGES)
def test_recorded_invocations(stage: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = f"proxy-status-{stage}"
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MESHCTL_NOW", NOW[stage])
    monkeypatch.setenv("TZ", "UTC")
    settled = Settled(topic, "bookinfo")
    with world("bookinfo", tmp_path, f"bookinfo-{STAGES[stage]}") as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        for case in cases(topic):
            if case["argv"][0] in OTHER_COMMANDS or case["argv"][1:2] == ["version"]:
                continue
            found = run(*case["argv"])
            if _same(topic, case, found):
                continue
            settled.differs(case, _excuse(topic, case, found), found)
    settled.check()


def test_version_and_remote_clusters(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ``version`` what is of the mesh: two lines, or two lists of values."""
    topic = "proxy-status-steady"
    chosen = [case for case in cases(topic) if set(OTHER_COMMANDS) & set(case["argv"][:2])]
    with world("bookinfo", tmp_path, "bookinfo-steady") as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        for case in chosen:
            found, theirs = run(*case["argv"]), stdout(topic, case).decode()
            assert found.rc == case["rc"] == 0
            if case["argv"] == ["remote-clusters"]:
                assert found.out == theirs
            elif "-o" not in case["argv"]:
                assert found.out.splitlines()[-2:] == theirs.splitlines()[-2:]
            elif case["argv"][0] == "version":  # over XDS istioctl has other values of the same
                ours, expected = (yaml.safe_load(text) for text in (found.out, theirs))
                assert {key: ours[key] for key in ("meshVersion", "dataPlaneVersion")} == {
                    key: expected[key] for key in ("meshVersion", "dataPlaneVersion")
                }
    assert len(chosen) == 7


def test_a_snapshot_answers_as_the_cluster_did(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHCTL_NOW", NOW["stale"])
    saved = str(tmp_path / "mesh.tar.gz")
    commands = [
        ("ps",),
        ("ps", "-v", "1"),
        ("ps", "-o", "wide"),
        ("ps", "-o", "json"),
        ("ps", "-n", "default"),
        ("ps", "ratings-v1-6484c4d9bb-ef56g.bookinfo"),
        ("ps", "reviews-v3-5b9bd44f4-kl12m.bookinfo", "--exit-code"),
        ("version",),
        ("version", "-o", "json"),
        ("remote-clusters",),
        ("internal-debug", "syncz"),
        ("internal-debug", "clusterz", "--all"),
        ("internal-debug", "syncz", "ratings-v1-6484c4d9bb-ef56g.bookinfo"),
        ("describe", "pod", "ratings-v1-6484c4d9bb-ef56g.bookinfo"),
        ("describe", "svc", "ratings.bookinfo"),
    ]
    with world("bookinfo", tmp_path / "kube", "bookinfo-stale", whole=True) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        taken = run("snapshot", "-n", "bookinfo", "-o", saved)
        assert (
            taken.rc == 1 and "reviews-v2-5b667bcbf8-ij90m" in taken.err
        )  # a pod that has no Envoy recorded
        live = {words: run(*words) for words in commands}
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    for words, expected in live.items():
        found = run(*words, "-f", saved)
        assert (found.rc, found.out) == (expected.rc, expected.out), words
    assert run("ps", "-f", saved, "-r", "canary").rc == 1
    assert "could not be taken" in run("describe", "svc", "reviews.bookinfo", "-f", saved).err
    shown = run("snapshot", "show", saved, "--verify")
    assert shown.rc == 0 and "istiods" in shown.out


def test_an_anonymized_snapshot_tells_the_same_states(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHCTL_NOW", NOW["stale"])
    saved = str(tmp_path / "mesh.tar.gz")
    with world("bookinfo", tmp_path / "kube", "bookinfo-stale", whole=True) as kube:
        monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig))
        run("snapshot", "-n", "bookinfo", "-o", saved, "--anonymize")
        live = run("ps", "-v", "1")
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    found = run("ps", "-v", "1", "-f", saved)
    states = [
        sorted(re.findall(r"[A-Z]{4,} \(\w+\)", line) for line in one.out.splitlines())
        for one in (live, found)
    ]
    assert states[0] == states[1]
    assert "ratings" not in found.out and "bookinfo" not in found.out
