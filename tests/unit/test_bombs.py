"""Inputs that are small and want to become large: time and memory stay within what the input is worth.

Each runs in a process of its own under limits of the kernel: 900 MB of address space beside what the interpreter maps, 20 s of CPU.
"""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import resource
import subprocess
import sys
import tarfile
from typing import Any

import pytest

ADMIN = "type.googleapis.com/envoy.admin.v3."
HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
FAULT = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault"


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (900 << 20, 900 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))


def _run(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "meshctl", *words],
        capture_output=True,
        preexec_fn=_limited,
        timeout=120,
        check=False,
    )


def _listener(filters: list[Any]) -> dict[str, Any]:
    routes = {"name": "r", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [
        {"match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]}  # fmt: skip
    manager = {"@type": HTTP, "stat_prefix": "x", "route_config": routes, "http_filters": filters}
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    address = {"socket_address": {"address": "10.0.0.1", "port_value": 80}}
    listener = {"name": "l", "address": address, "filter_chains": [chain]}
    return {
        "configs": [{"@type": f"{ADMIN}ListenersConfigDump", "static_listeners": [{"listener": listener}]}]
    }


def test_thirty_delays_that_may_happen_are_not_a_billion_ways(tmp_path: pathlib.Path) -> None:
    delay = {"@type": FAULT, "delay": {"fixed_delay": "1s", "percentage": {"numerator": 50}}}
    router = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
    filters = [{"name": f"f{i}", "typed_config": delay} for i in range(30)]
    file = tmp_path / "config_dump.json"
    file.write_text(json.dumps(_listener([*filters, {"name": "router", "typed_config": router}])))
    done = _run("trace", "-f", str(file), "--at", "envoy", "http://10.0.0.1:80/")
    assert b"DIRECT_RESPONSE" in done.stdout, done.stderr


def test_chains_that_jump_twice_each_are_written_out_a_few_times(tmp_path: pathlib.Path) -> None:
    count = 25
    chains = [f":C{i} - [0:0]" for i in range(count)]
    rules = [f"-A C{i} -p {p} -j C{i + 1}" for i in range(count - 1) for p in ("tcp", "udp")]
    text = "\n".join(["*nat", ":OUTPUT ACCEPT [0:0]", *chains, "-A OUTPUT -j C0", *rules, "COMMIT", ""])
    file = tmp_path / "iptables-save.txt"
    file.write_text(text)
    done = _run("capture", "show", "-f", str(file))
    assert done.returncode == 0, done.stderr
    assert b"C24" in done.stdout and b"as above" in done.stdout
    assert len(done.stdout) < 100_000


def test_a_log_of_one_long_line_is_read_in_linear_time(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "istio-init.log"
    file.write_text("Final iptables state:\nRunning " + "iptables" * 50_000 + "\n")
    done = _run("capture", "show", "-f", str(file))
    assert done.returncode in (0, 1, 2), done.stderr


def test_a_thousand_notes_alike_are_one_line(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "config_dump.json"
    cluster = {"@type": f"{ADMIN}ClustersConfigDump", "static_clusters": [{"cluster": {"name": "c"}}]}
    file.write_text(json.dumps({"configs": [*range(1000), cluster]}))
    done = _run("pc", "cluster", "-f", str(file))
    assert done.stderr.count(b"\n") == 1
    assert b"and 999 more like this" in done.stderr


def _tar(*members: tuple[bytes, bytes, int]) -> bytes:
    """A tar of raw members: type, name, and how many zero bytes of content."""
    out = io.BytesIO()
    for kind, name, size in members:
        entry = tarfile.TarInfo(name.decode())
        entry.type, entry.size = kind, size
        out.write(entry.tobuf(tarfile.GNU_FORMAT))
        out.write(bytes(size + -size % 512))
    out.write(bytes(1024))
    return out.getvalue()


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_header_of_an_archive_is_no_bomb(tmp_path: pathlib.Path, kind: bytes) -> None:
    file = tmp_path / "bundle.tar.gz"
    file.write_bytes(
        gzip.compress(_tar((kind, b"h", 300 << 20), (tarfile.REGTYPE, b"a/config_dump.json", 10)), 1)
    )
    done = _run("pc", "cluster", "-f", str(file))
    assert done.returncode in (1, 2)
    assert b"It may be a bomb" in done.stderr and b"Traceback" not in done.stderr


def test_a_second_gzip_member_counts_as_the_first(tmp_path: pathlib.Path) -> None:
    from meshctl.errors import InputError
    from meshctl.reader import archive

    file = gzip.compress(b"{}") + gzip.compress(bytes(10 << 20))
    assert len(archive.gunzip(file, "f")) == (10 << 20) + 2
    most = archive.MAX_FILE_BYTES
    archive.MAX_FILE_BYTES = 1 << 20
    try:
        with pytest.raises(InputError):
            archive.gunzip(file, "f")
    finally:
        archive.MAX_FILE_BYTES = most


def test_anchors_of_a_kubeconfig_are_no_bomb(tmp_path: pathlib.Path) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    lines += ["apiVersion: v1", "kind: Config", "current-context: *a8", "contexts: []"]
    file = tmp_path / "config"
    file.write_text("\n".join(lines))
    done = _run("--kubeconfig", str(file), "pc", "cluster", "a.b")
    assert done.returncode != 0 and len(done.stderr) < 2000 and b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text",
    ["-eyJ" * 30_000, "ns[" * 40_000, "-----BEGIN CERTIFICATE-----" * 8_000, "-----BEGIN A" * 20_000, "a=" * 60_000, "://a:" * 30_000,
     "password " * 20_000, "x" * 200_000, "\\\"" * 60_000, "[{" * 20_000],
    ids=range(10),
)  # fmt: skip
def test_patterns_over_strangers_texts_are_linear(text: str) -> None:
    import time

    from meshctl.envoy.certificates import blocks
    from meshctl.share.anonymize import Vocabulary
    from meshctl.share.redact import redact_json, redact_text
    from meshctl.share.scan import scan_secrets

    def took(size: int) -> float:
        began = time.process_time()
        part = text[:size]
        redact_text(part, "f")
        redact_json(json.dumps({"a": part}).encode(), "f")
        list(scan_secrets(part.encode(), "f"))
        Vocabulary().collect_text(part)
        list(blocks(part.encode()))
        return time.process_time() - began

    took(1000)
    assert took(len(text)) < 4.0  # quadratic ones took 35 s and more
