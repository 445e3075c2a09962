"""proxy-config as a user types it, against the stand-in API server with real Envoys that hold certificates.

Three Envoys: two of one mesh (the pods of ``deploy/server``), one of another mesh with another root.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import time
import types
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from meshctl.cli import main
from meshctl.sources import Origin, live
from meshctl.sources.admin import AdminError, open_port
from meshctl.sources.interface import Globals, Silent
from meshctl.sources.pods import KubePod
from tests import ctrl_c, envoy
from tests.lab.pki import Authority, spiffe
from tests.live.kube.fake_kube import FakeKube, serve

CLUSTERS = 5
TYPES = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"


class Mesh(NamedTuple):
    """The cluster, each Envoy's admin port by its pod, and what must never be printed."""

    kube: FakeKube
    ports: dict[str, int]
    keys: list[str]


def bootstrap(folder: pathlib.Path, authority: Authority) -> tuple[dict[str, Any], str]:
    """Istio's likeness with the secrets ``default`` and ``ROOTCA`` from a file; and the private key in it."""
    identity = authority.issue(spiffe("test", "server"))
    secrets = [
        {
            "@type": f"{TYPES}.Secret",
            "name": "default",
            "tls_certificate": {
                "certificate_chain": {"inline_string": identity.certificate},
                "private_key": {"inline_string": identity.key},
            },
        },
        {
            "@type": f"{TYPES}.Secret",
            "name": "ROOTCA",
            "validation_context": {"trusted_ca": {"inline_string": authority.root}},
        },
    ]
    source: dict[str, dict[str, Any]] = {}
    for secret in secrets:
        path = folder / f"{secret['name']}.json"
        path.write_text(json.dumps({"resources": [secret]}))
        source[str(secret["name"])] = {
            "name": secret["name"],
            "sds_config": {"path_config_source": {"path": str(path)}, "resource_api_version": "V3"},
        }
    made = envoy.static_bootstrap(clusters=CLUSTERS, listeners=2)
    made["static_resources"]["clusters"][0]["transport_socket"] = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{TYPES}.UpstreamTlsContext",
            "common_tls_context": {
                "tls_certificate_sds_secret_configs": [source["default"]],
                "validation_context_sds_secret_config": source["ROOTCA"],
            },
        },
    }
    return made, identity.key


def pod(name: str, namespace: str, **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}, {"name": "istio-proxy"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    }


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "server", "namespace": "test"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "server"}}},
}


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    ours, theirs = Authority(), Authority()
    pods = [("server-1", "test", ours), ("server-2", "test", ours), ("stranger", "other", theirs)]
    keys: list[str] = []
    ports: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        kube = stack.enter_context(serve(out=tmp_path_factory.mktemp("kube")))
        kube.store.add(DEPLOYMENT)
        for name, namespace, authority in pods:
            folder = tmp_path_factory.mktemp(name)
            made, key = bootstrap(folder, authority)
            ports[name] = stack.enter_context(envoy.running(made, folder))
            keys.append("".join(key.splitlines()[1:-1]))
            kube.store.add(pod(name, namespace, app="server", part="yes"))
            kube.forward(namespace, name, 15000, to=ports[name])
        kube.store.add(pod("broken", "test", part="yes"))
        kube.forward("test", "broken", 15000, to=None)
        yield Mesh(kube, ports, keys)


@pytest.fixture(autouse=True)
def calm(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No faults, the cluster named by $KUBECONFIG, every logger at warning."""
    mesh.kube.faults()
    monkeypatch.setenv("KUBECONFIG", str(mesh.kube.kubeconfig))
    yield
    mesh.kube.faults()
    for port in mesh.ports.values():
        loggers(port, "?level=warning")


def loggers(port: int, query: str = "") -> dict[str, str]:
    """The levels as Envoy itself says, after the change that ``query`` asks for."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/logging{query}", method="POST")
    text = urllib.request.urlopen(request, timeout=10).read().decode()
    return dict(re.findall(r"^\s+([\w.-]+): (\w+)$", text, re.MULTILINE))


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str) -> Run:
        capsys.readouterr()
        code = main(["-n", "test", "--kubeclient-timeout", "5s", "pc", *arguments])
        return Run(code, *capsys.readouterr())

    return call


def process(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """The program itself, for what concerns a process: signals, pipes, terminals."""
    command = [sys.executable, "-m", "meshctl", "-n", "test", "pc", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, preexec_fn=ctrl_c.heard, **streams)


# --- one pod


def test_the_clusters_of_a_pod(run: Any) -> None:
    result = run("cluster", "server-1")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[1].split() == [
        "svc-0.test.svc.cluster.local", "80", "-", "outbound", "STATIC", "dr-0.test",
    ]  # fmt: skip


def test_the_bootstrap_tells_the_versions(run: Any) -> None:
    result = run("bootstrap", "server-1", "-o", "short")
    assert result.code == 0
    assert "1.29.0" in result.out


def test_an_admin_address_needs_no_cluster(run: Any, mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    live = run("cluster", "server-1")
    monkeypatch.setenv("KUBECONFIG", "/no/such/file")
    direct = run("cluster", "--admin", f"localhost:{mesh.ports['server-1']}")
    assert direct == live
    assert direct.code == 0


@pytest.mark.parametrize("view", ["listener", "route", "endpoint", "eds", "secret", "all"])
def test_every_view_answers_live(run: Any, view: str) -> None:
    result = run(view, "server-1")
    assert result.code == 0
    assert result.out


def test_a_proxy_without_extension_configurations_says_so(run: Any) -> None:
    result = run("ecds", "server-1")
    assert (result.code, result.out) == (1, "")
    assert "has no extension configurations" in result.err


# --- secrets


@pytest.mark.parametrize("form", ["short", "wide", "json", "yaml", "jsonl", "name"])
@pytest.mark.parametrize("view", ["secret", "cluster", "bootstrap", "all"])
def test_no_form_shows_a_private_key(run: Any, mesh: Mesh, view: str, form: str) -> None:
    result = run(view, "server-1", "-o", form)
    shown = result.out + result.err
    assert result.code == 0 or form in ("wide", "jsonl", "name")  # bootstrap has no such form
    for key in mesh.keys:
        assert key not in shown.replace("\\n", "").replace("\n", "")
        assert base64.b64encode(key.encode()).decode()[4:40] not in shown
    assert "PRIVATE KEY" not in shown


def test_both_secrets_are_listed_and_valid(run: Any) -> None:
    rows = {line.split()[0]: line.split() for line in run("secret", "server-1").out.splitlines()[1:]}
    assert set(rows) == {"default", "ROOTCA"}
    assert rows["default"][1:5] == ["Cert", "Chain", "ACTIVE", "true"]
    assert rows["ROOTCA"][1:4] == ["CA", "ACTIVE", "true"]


def test_proxies_of_one_mesh_have_a_common_root(run: Any) -> None:
    result = run("rootca-compare", "server-1", "server-2")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Both [server-1.test] and [server-2.test] have the identical ROOTCA")


def test_proxies_of_two_meshes_have_none(run: Any) -> None:
    result = run("rootca-compare", "server-1", "stranger.other")
    assert (result.code, result.out) == (1, "")
    assert "non identical ROOTCA" in result.err


# --- log


def test_the_levels_of_the_loggers_are_listed(run: Any, mesh: Mesh) -> None:
    result = run("log", "server-1")
    assert result.out.startswith("server-1.test:\n")
    assert dict(re.findall(r"^\s+([\w.-]+): (\w+)$", result.out, re.MULTILINE)) == loggers(
        mesh.ports["server-1"]
    )


def test_a_logger_is_set_and_the_others_are_left(run: Any, mesh: Mesh) -> None:
    assert run("log", "server-1", "--level", "http:debug,router=info").code == 0
    found = loggers(mesh.ports["server-1"])
    assert (found["http"], found["router"]) == ("debug", "info")
    assert {level for name, level in found.items() if name not in ("http", "router")} == {"warning"}


def test_envoy_sets_several_loggers_by_one_request_or_none(mesh: Mesh) -> None:
    origin = Origin(admin=f"localhost:{mesh.ports['server-1']}", globals=Globals(timeout=5))
    with open_port(origin, Silent()) as port:
        port.post("/logging?paths=http:debug,router:info")
        found = loggers(mesh.ports["server-1"])
        assert (found["http"], found["router"]) == ("debug", "info")
        with pytest.raises(AdminError):
            port.post("/logging?paths=http:error,nosuch:info")
        assert loggers(mesh.ports["server-1"])["http"] == "debug"
        port.post("/logging?level=warning")


def test_a_bare_level_sets_all_and_reset_takes_it_back(run: Any, mesh: Mesh) -> None:
    run("log", "server-1", "--level", "error")
    assert set(loggers(mesh.ports["server-1"]).values()) == {"error"}
    assert set(loggers(mesh.ports["server-2"]).values()) == {"warning"}
    run("log", "server-1", "-r")
    assert set(loggers(mesh.ports["server-1"]).values()) == {"warning"}


@pytest.mark.parametrize(
    ("level", "words"),
    [("http:loud", "unrecognized logging level: loud"), ("nosuch:debug", "unrecognized logger name: nosuch")],
)
def test_a_wrong_level_changes_nothing(run: Any, mesh: Mesh, level: str, words: str) -> None:
    result = run("log", "server-1", "--level", f"router:debug,{level}")
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert set(loggers(mesh.ports["server-1"]).values()) == {"warning"}


def test_what_envoy_refuses_is_an_error(mesh: Mesh) -> None:
    origin = Origin(admin=f"localhost:{mesh.ports['server-1']}", globals=Globals(timeout=5))
    with open_port(origin, Silent()) as port, pytest.raises(AdminError) as caught:
        port.post("/logging?http=loud")
    assert caught.value.status == 400
    assert "invalid" in caught.value.what or "loud" in caught.value.what


def test_the_loggers_of_several_pods_are_set_though_one_fails(run: Any, mesh: Mesh) -> None:
    result = run("log", "-l", "part=yes", "--level", "http:debug")
    assert result.code == 1
    assert "broken.test: Error: nothing listens on port 15000" in result.err
    assert re.findall(r"^(\S+):$", result.out, re.MULTILINE)[:1] == ["server-1.test"]
    assert [loggers(mesh.ports[name])["http"] for name in ("server-1", "server-2")] == ["debug", "debug"]


@pytest.mark.parametrize(
    "arguments", [("deploy/server",), ("-l", "app=server"), ("deploy/server", "stranger.other")]
)
def test_a_workload_is_all_of_its_pods(run: Any, mesh: Mesh, arguments: tuple[str, ...]) -> None:
    result = run("log", *arguments, "--level", "http:debug")
    assert (result.code, result.err) == (0, "")
    asked = [
        name.removesuffix(".test").removesuffix(".other")
        for name in re.findall(r"^(\S+):$", result.out, re.MULTILINE)
    ]
    assert sorted(asked)[:2] == ["server-1", "server-2"]
    assert {loggers(mesh.ports[name])["http"] for name in asked} == {"debug"}


def test_pods_without_a_running_envoy_are_one_line(run: Any, mesh: Mesh) -> None:
    waiting, bare = pod("waiting", "test", app="server"), pod("bare", "test", app="server")
    waiting["status"] = {"phase": "Pending"}
    bare["spec"]["containers"] = [{"name": "app"}]
    for added in (waiting, bare):
        mesh.kube.store.add(added)
    try:
        result = run("log", "deploy/server")
    finally:
        mesh.kube.store.objs["v1/Pod"] = [
            p for p in mesh.kube.store.objs["v1/Pod"] if p not in (waiting, bare)
        ]
    assert result.code == 0
    assert "passed over 2 pods without a running Envoy: " in result.err
    assert len(result.err.splitlines()) == 1
    assert len(re.findall(r"^(\S+):$", result.out, re.MULTILINE)) == 2


# --- several pods


def pods_of(table: str) -> dict[str, int]:
    """How many rows of a table are whose."""
    header, *rows = table.splitlines()
    assert header.startswith("POD")
    names = [row.split()[0] for row in rows]
    return {name: names.count(name) for name in dict.fromkeys(names)}


SEVERAL = [
    (("-l", "app=server"), ["server-1.test", "server-2.test"]),
    (("-A", "-l", "app=server"), ["server-1.test", "server-2.test", "stranger.other"]),
    (("deploy/server", "--all-pods"), ["server-1.test", "server-2.test"]),
    (("server-2", "stranger.other"), ["server-2.test", "stranger.other"]),
]


@pytest.mark.parametrize(("arguments", "names"), SEVERAL, ids=[" ".join(a) for a, _ in SEVERAL])
def test_several_pods_are_one_table(run: Any, arguments: tuple[str, ...], names: list[str]) -> None:
    result = run("cluster", *arguments)
    assert (result.code, result.err) == (0, "")
    found = pods_of(result.out)
    assert sorted(found) == sorted(names)
    assert set(found.values()) == {CLUSTERS}


def test_several_pods_as_json_are_an_object_by_pod(run: Any) -> None:
    value = json.loads(run("cluster", "-l", "app=server", "-o", "json").out)
    assert sorted(value) == ["server-1.test", "server-2.test"]
    assert {len(clusters) for clusters in value.values()} == {CLUSTERS}


def test_several_pods_as_lines_name_the_pod_in_each(run: Any) -> None:
    lines = run("cluster", "-l", "app=server", "-o", "jsonl").out.splitlines()
    assert {json.loads(line)["pod"] for line in lines} == {"server-1.test", "server-2.test"}
    names = run("cluster", "-l", "app=server", "-o", "name").out.splitlines()
    assert len(lines) == len(names) == 2 * CLUSTERS
    assert names[0] == "server-1.test\toutbound|80||svc-0.test.svc.cluster.local"


def test_one_pod_that_fails_costs_the_exit_code_not_the_others(run: Any) -> None:
    result = run("cluster", "-l", "part=yes")
    assert result.code == 1
    assert sorted(pods_of(result.out)) == ["server-1.test", "server-2.test"]
    assert result.err.startswith("broken.test: Error: nothing listens on port 15000")
    assert len(result.err.splitlines()) <= 3


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_dumps_of_several_pods_are_one_document_though_one_fails(run: Any, form: str) -> None:
    result = run("all", "-l", "part=yes", "-o", form)
    value = json.loads(result.out) if form == "json" else yaml.safe_load(result.out)
    assert result.code == 1
    assert sorted(value) == ["server-1.test", "server-2.test"]
    assert all(len(dump["configs"]) > 3 for dump in value.values())
    one = json.loads(run("all", "server-1", "-o", "json").out)
    assert value["server-1.test"].keys() == one.keys()


def test_what_failed_is_told_last(mesh: Mesh) -> None:
    child = process("log", "broken", "server-1", stderr=subprocess.STDOUT)
    out, _ = child.communicate(timeout=30)
    assert child.returncode == 1
    assert out.decode().index("server-1.test:") < out.decode().index("broken.test: Error: nothing listens")


def test_no_more_answers_are_in_memory_than_are_asked_for_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(cluster: Any, pod: KubePod, *rest: Any) -> Any:
        asked.append(pod.name)
        return pod

    monkeypatch.setattr(live, "open_pod", answer)
    pods = [KubePod(str(number), "test", {}) for number in range(100)]
    found: Any = live._open_many(types.SimpleNamespace(close=lambda: None), pods, 1, None, Silent())  # type: ignore[arg-type]
    for number, pod in enumerate(found):
        assert pod.name == str(number)
        assert len(asked) <= number + 2 * live.MAX_AT_ONCE
    assert len(asked) == 100


@pytest.mark.parametrize("options", [("-l", "app=server"), ("-A",)])
@pytest.mark.parametrize("view", ["cluster", "log"])
def test_a_pod_and_all_pods_is_wrong_usage(run: Any, view: str, options: tuple[str, ...]) -> None:
    result = run(view, "server-1", *options)
    assert (result.code, result.out) == (2, "")
    assert "server-1" in result.err or "-A" in result.err  # log has no -A


def test_no_pod_with_the_labels_is_told(run: Any) -> None:
    result = run("cluster", "-l", "app=nothing")
    assert (result.code, result.out) == (1, "")
    assert "app=nothing" in result.err
    assert len(result.err.splitlines()) <= 3


# --- the process: pipes, terminals, signals, the shell


def test_a_pipe_gets_neither_colours_nor_a_cut_table(run: Any) -> None:
    environment = {**os.environ, "COLUMNS": "40"}
    out, err = process("cluster", "server-1", env=environment).communicate(timeout=30)
    assert out.decode() == run("cluster", "server-1").out
    assert err == b""


def test_a_reader_that_leaves_is_no_error() -> None:
    child = process("cluster", "server-1", "-o", "json")
    assert child.stdout is not None
    child.stdout.close()
    _, err = child.communicate(timeout=30)
    assert err == b""
    assert child.returncode == 141


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_in_the_middle(mesh: Mesh, unbuffered: str) -> None:
    """More than a pipe holds, and a reader that takes a few bytes (``| head -1``)."""
    address = f"localhost:{mesh.ports['server-1']}"
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    child = process("all", "--admin", address, "-o", "json", env=environment)
    assert child.stdout is not None
    fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, 4096)
    os.read(child.stdout.fileno(), 10)
    time.sleep(0.3)  # it waits in the middle of a write
    child.stdout.close()
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (141, b"")


def on_a_terminal(*arguments: str, **environment: str) -> bytes:
    """What the program writes to a terminal that is its stderr."""
    ours, theirs = pty.openpty()
    child = process(*arguments, stderr=theirs, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux tells that the other side is closed
        while chunk := os.read(ours, 65536):
            shown += chunk
    os.close(ours)
    assert child.wait(30) == 0
    return shown


def test_a_slow_fetch_shows_a_bar_on_a_terminal_only(mesh: Mesh) -> None:
    slow = {"match": "portforward", "stream": "slow", "rate": 40_000}
    mesh.kube.faults(slow)
    assert b"config_dump" in on_a_terminal("all", "server-1", TERM="xterm")
    mesh.kube.faults(slow)
    assert not re.search(rb"\x1b\[[0-9;]*m", on_a_terminal("all", "server-1", TERM="xterm", NO_COLOR="1"))
    mesh.kube.faults()
    assert on_a_terminal("cluster", "server-1", TERM="xterm") == b""


def quiet(kube: FakeKube, seconds: float = 5) -> bool:
    """Whether all port-forwards end soon."""
    deadline = time.monotonic() + seconds
    while kube.active_streams and time.monotonic() < deadline:
        time.sleep(0.02)
    return not kube.active_streams


@pytest.mark.parametrize("arguments", [("server-1",), ("-l", "app=server")], ids=["one pod", "several"])
def test_ctrl_c_in_a_stalled_fetch_leaves_nothing(mesh: Mesh, arguments: tuple[str, ...]) -> None:
    assert quiet(mesh.kube)
    mesh.kube.faults({"match": "portforward", "stream": "stall", "after": 500})
    child = process("cluster", *arguments)
    deadline = time.monotonic() + 20
    while not mesh.kube.active_streams and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, out, err) == (130, b"", b"")
    assert quiet(mesh.kube)


def completions(line: str) -> list[str]:
    command = [sys.executable, "-m", "meshctl", *line.split(" ")[1:]]
    environment = {**os.environ, "_MESHCTL_COMPLETE": "words"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    *values, last = done.stdout.splitlines()
    assert last == ":values"
    return [value.partition("\t")[0] for value in values]


def test_the_shell_completes_the_pods_of_the_namespace() -> None:
    assert completions("meshctl -n test pc cluster ser") == ["server-1", "server-2"]
    assert completions("meshctl -n other pc cluster ") == ["stranger"]


def test_the_shell_completes_nothing_where_the_cluster_is_away(mesh: Mesh) -> None:
    assert completions("meshctl --context down -n test pc cluster ser") == []


def test_the_shell_completes_namespaces_and_contexts_wherever_they_stand() -> None:
    assert "other" in completions("meshctl pc cluster -n oth")
    assert "exec-fail" in completions("meshctl trace --context exec")


def test_what_a_plugin_says_is_not_written_into_the_line() -> None:
    assert completions("meshctl --context exec-fail -n test pc cluster ser") == []


def test_completion_asks_for_running_pods_and_no_more_than_their_names(mesh: Mesh) -> None:
    before = len(mesh.kube.requests)
    completions("meshctl -n test pc cluster ser")
    (asked,) = mesh.kube.requests[before:]
    assert "fieldSelector=status.phase%3DRunning" in asked[2]
