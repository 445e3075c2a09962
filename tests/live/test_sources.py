"""The live source against the stand-in API server and a real Envoy: what arrives, and what each fault says."""

from __future__ import annotations

import json
import pathlib
import time

import pytest

from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.snapshot import SectionKind
from meshctl.errors import MeshctlError
from meshctl.sources import Needs, Origin, open_snapshots
from meshctl.sources.interface import ALL_SECTIONS, Globals, ProxySnapshot, Silent
from tests.live.kube.fake_kube import FakeKube

LISTENERS = Needs(frozenset({SectionKind.LISTENERS}))


def fetch(
    pod: str = "test-pod", needs: Needs = LISTENERS, *, port: int = 15000, **options: object
) -> ProxySnapshot:
    settings = Globals(**{"namespace": "test", "timeout": 2.0, **options})  # type: ignore[arg-type]
    return open_snapshots(Origin(pods=(pod,), admin_port=port, globals=settings), needs, Silent())[0]


def refusal(pod: str = "test-pod", needs: Needs = LISTENERS, *, port: int = 15000, **options: object) -> str:
    with pytest.raises(MeshctlError) as caught:
        fetch(pod, needs, port=port, **options)
    lines = caught.value.lines()
    assert len(lines) <= 3
    return "\n".join(lines)


def test_the_listeners_of_a_pod_arrive(kube: FakeKube) -> None:
    assert len(fetch().snapshot.resources(SectionKind.LISTENERS)) == 11


def test_only_the_section_that_is_read_is_asked_for(kube: FakeKube) -> None:
    assert set(fetch().snapshot.sections) == {SectionKind.LISTENERS}


def test_several_sections_and_documents_come_over_one_stream(kube: FakeKube) -> None:
    before = len([r for r in kube.requests if "portforward" in r[2]])
    needs = Needs(
        frozenset({SectionKind.CLUSTERS, SectionKind.ENDPOINTS, SectionKind.ECDS}),
        frozenset({DocumentKind.CLUSTERS}),
    )
    snapshot = fetch(needs=needs).snapshot
    assert set(snapshot.sections) == {SectionKind.CLUSTERS, SectionKind.ENDPOINTS}
    assert snapshot.json(DocumentKind.CLUSTERS) is not None
    assert len([r for r in kube.requests if "portforward" in r[2]]) == before + 1


def test_the_whole_dump_has_every_section(kube: FakeKube) -> None:
    proxy = fetch(needs=Needs(ALL_SECTIONS))
    assert {SectionKind.BOOTSTRAP, SectionKind.ENDPOINTS} <= set(proxy.snapshot.sections)
    assert proxy.raw_config_dump


@pytest.mark.parametrize(
    "argument",
    [
        "deploy/nginx",
        "Deployment/nginx",
        "deployments.apps/nginx.test",
        "svc/nginx",
        "rs/nginx-abc",
        "pod/test-pod",
    ],
)
def test_workloads_stand_for_their_pods(kube: FakeKube, argument: str) -> None:
    assert fetch(argument).name in ("nginx-abc-1", "test-pod")


def test_the_namespace_behind_the_dot_wins_over_the_option(kube: FakeKube) -> None:
    assert fetch("test-pod.test", namespace="default").namespace == "test"


def test_the_namespace_of_the_context_is_the_default(kube: FakeKube) -> None:
    assert fetch(namespace=None, context="ns-test").namespace == "test"


@pytest.mark.parametrize("context", ["admin-cert", "exec-ok", "insecure"])
def test_credentials_of_every_kind_are_accepted(kube: FakeKube, context: str) -> None:
    assert fetch(context=context).snapshot.sections


def test_no_stream_stays_open(kube: FakeKube) -> None:
    fetch()
    deadline = time.monotonic() + 5
    while kube.active_streams and time.monotonic() < deadline:
        time.sleep(0.05)
    assert kube.active_streams == 0


REFUSALS = [
    # pod argument, options, words of the message
    ("missing", {}, ['pod "missing" not found in namespace "test"', "typo"]),
    ("test-pdo", {}, ["Similar names: test-pod"]),
    ("test-pod", {"namespace": "nons"}, ['namespace "nons" does not exist', "livelab"]),
    ("pending", {}, ["is Pending", "no Envoy to ask"]),
    ("completed", {}, ["Succeeded", "finished"]),
    ("no-sidecar", {}, ["no istio-proxy container", "not in the mesh"]),
    ("test-pod", {"port": 15001}, ["nothing listens on port 15001", "--proxy-admin-port"]),
    ("web.v1", {}, ['namespace "v1" does not exist', "web.v1.NAMESPACE"]),
    ("test-pod.", {}, ["empty namespace"]),
    ("foo/bar", {}, ['unknown resource type "foo"', "deployment"]),
    ("deploy/missing", {}, ['deployment "missing" not found', "nginx"]),
    ("deploy/zero", {}, ['deployment "zero"', "has no pods (spec.replicas 0)"]),
    ("svc/noselector", {}, ["has no selector"]),
    ("cm/istio", {"namespace": "istio-system"}, ["a configmap has no pods"]),
    (
        "test-pod",
        {"context": "viewer"},
        ['"viewer" may not port-forward', "create on pods/portforward", "auth can-i"],
    ),
    ("test-pod", {"context": "creator"}, ["may not port-forward", "needs get"]),
    ("test-pod", {"context": "nobody"}, ['"nobody" may not read pod "test-pod"']),
    ("deploy/nginx", {"context": "nobody"}, ["may not read deployment"]),
    ("test-pod", {"context": "expired"}, ["401", '"expired"', "Log in again"]),
    ("test-pod", {"context": "anonymous"}, ["carries no credentials", "system:anonymous"]),
    ("test-pod", {"context": "exec-missing"}, ['"livelab-no-such-plugin"', "not on PATH", "Install"]),
    ("test-pod", {"context": "exec-fail"}, ['credential plugin "sh"', "failed"]),
    ("test-pod", {"context": "no-user"}, ["missing-user", "does not define"]),
    ("test-pod", {"context": "no-cluster"}, ["missing-cluster", "does not define"]),
    ("test-pod", {"context": "nope"}, ['context "nope" is not in', "livelab"]),
    ("test-pod", {"context": "down"}, ["connection refused", "VPN"]),
    ("test-pod", {"context": "nohost"}, ["cannot resolve"]),
    ("test-pod", {"context": "hang"}, ["no answer from", "within 2 s"]),
    ("test-pod", {"context": "badca"}, ["not signed by the CA"]),
    ("test-pod", {"kubeconfig": "/no/such/file"}, ["--kubeconfig", "does not exist"]),
]


@pytest.mark.parametrize(("pod", "options", "words"), REFUSALS, ids=[f"{p} {o}" for p, o, _ in REFUSALS])
def test_what_is_wrong_is_said(
    kube: FakeKube, pod: str, options: dict[str, object], words: list[str]
) -> None:
    text = refusal(pod, **options)  # type: ignore[arg-type]
    for word in words:
        assert word in text


def config(server: object, **user: object) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "k", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "current-context": "c",
        }
    )


KUBECONFIGS = [
    (config(""), ['cluster "k"', "names no server"]),
    (config("::bad"), ['cluster "k"', "no usable server"]),
    (config("https://host:port"), ['"https://host:port" is no URL']),
    (config("https://127.0.0.1:1", **{"auth-provider": {"name": "gcp"}}), ["gke-gcloud-auth-plugin"]),
    (config("https://127.0.0.1:1", **{"auth-provider": {"name": "oidc"}}), ["cannot connect"]),
    (config("127.0.0.1:1"), ["cannot connect to http://127.0.0.1:1"]),
    ("{broken: [", ["line", "not valid YAML"]),
    ("", ["defines no contexts"]),
    (
        "apiVersion: v1\ncontexts: [{name: a, context: {cluster: x}}]\n",
        ["sets no current-context", "one of: a"],
    ),
]


@pytest.mark.parametrize(("content", "words"), KUBECONFIGS)
def test_a_broken_kubeconfig_is_named(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, content: str, words: list[str]
) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    monkeypatch.setenv("KUBECONFIG", str(path))
    text = refusal()
    assert str(path) in text or "cannot connect" in text
    for word in words:
        assert word in text


def test_without_any_kubeconfig_the_places_are_named(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    text = refusal()
    assert "$KUBECONFIG" in text
    assert "-f" in text


@pytest.mark.parametrize("fault", ["drop", "reset", "close", "error"])
def test_a_stream_cut_midway_is_an_error_after_a_second_try(kube: FakeKube, fault: str) -> None:
    kube.faults({"match": "portforward", "stream": fault, "after": 2000})
    before = len([r for r in kube.requests if "portforward" in r[2]])
    text = refusal()
    assert "was lost while reading" in text
    assert "bytes" in text
    assert len([r for r in kube.requests if "portforward" in r[2]]) == before + 2


@pytest.mark.parametrize("fault", ["drop", "close"])
def test_a_single_cut_is_survived(kube: FakeKube, fault: str) -> None:
    kube.faults({"match": "portforward", "stream": fault, "after": 2000, "times": 1})
    assert len(fetch().snapshot.resources(SectionKind.LISTENERS)) == 11


def test_a_stalled_stream_names_what_was_read(kube: FakeKube) -> None:
    kube.faults({"match": "portforward", "stream": "stall", "after": 2000})
    text = refusal()
    assert "no data from" in text
    assert "mask=static_listeners" in text


def test_an_upgrade_that_is_never_answered_ends(kube: FakeKube) -> None:
    kube.faults({"match": "portforward", "hang": True})
    assert "no answer to the port-forward request" in refusal()


SERVER_FAULTS = [
    ({"status": 500, "message": "etcdserver: request timed out"}, "etcdserver: request timed out"),
    ({"status": 429, "message": "too many requests"}, "throttling"),
    ({"abort": True}, "broke while asking"),
    ({"hang": True}, "no answer from"),
]


@pytest.mark.parametrize(("fault", "words"), SERVER_FAULTS)
def test_a_failing_api_server_is_named(kube: FakeKube, fault: dict[str, object], words: str) -> None:
    kube.faults({"match": "GET /api/v1/namespaces/test/pods/test-pod(\\?|$)", **fault})
    assert words in refusal()


def test_an_aborted_request_is_tried_again(kube: FakeKube) -> None:
    kube.faults({"match": "GET /api/v1/namespaces/test/pods/test-pod(\\?|$)", "abort": True, "times": 1})
    assert fetch().snapshot.sections


def test_an_unreachable_node_is_named(kube: FakeKube) -> None:
    kube.faults(
        {
            "match": "portforward",
            "status": 500,
            "message": "error dialing backend: dial tcp 10.0.0.5:10250: i/o timeout",
        }
    )
    assert "cannot reach the node" in refusal()


def test_slow_but_steady_data_is_no_timeout(kube: FakeKube) -> None:
    kube.faults({"match": "portforward", "stream": "slow", "rate": 4000})
    began = time.monotonic()
    assert fetch(timeout=1.0).snapshot.sections
    assert time.monotonic() - began > 1.0


def test_an_admin_address_needs_no_cluster(admin_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/no/such/file")
    origin = Origin(admin=f"localhost:{admin_port}", globals=Globals(timeout=5))
    assert len(open_snapshots(origin, LISTENERS, Silent())[0].snapshot.resources(SectionKind.LISTENERS)) == 11


def test_a_closed_admin_address_is_named() -> None:
    with pytest.raises(MeshctlError) as caught:
        open_snapshots(Origin(admin="localhost:1", globals=Globals(timeout=2)), LISTENERS, Silent())
    assert "cannot connect to http://localhost:1" in caught.value.what
