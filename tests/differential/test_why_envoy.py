"""What a real Envoy logs, in Istio's text format and in JSON, explained by ``why``, on the dump of that very Envoy."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import urllib.request
from typing import Any

import pytest
import yaml

from meshctl.envoy.notes import Notes
from meshctl.proxy.model import Stage
from meshctl.sources.file import open_given
from meshctl.sources.trace_pods import RecordPods
from meshctl.why import entries, tally
from meshctl.why.explain import explain
from meshctl.why.formats import DEFAULTS
from tests import corpus, envoy

_STDOUT = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
# Request, stage at which it ends, flags; the listeners are those of docs/it-does-not-arrive.md.
EXPECTED = {
    "missing-cluster": (b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n", Stage.CLUSTER, "NC"),
    "no-route": (b"GET /api HTTP/1.1\r\nhost: other\r\n\r\n", Stage.ROUTE, "NR"),
    "no-endpoints": (b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n", Stage.ENDPOINT, "UH"),
    "denied": (b"DELETE / HTTP/1.1\r\nhost: shop\r\n\r\n", Stage.HTTP_FILTER, ""),
    "redirect": (b"GET /a HTTP/1.1\r\nhost: shop\r\n\r\n", None, ""),
    "versions": (b"nonsense\r\n\r\n", Stage.HTTP, "DPE"),
    "refused": (b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n", Stage.ENDPOINT, "UF"),
}


def _bootstrap(log: str, form: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
    """The symptoms' configuration with an access log, on free ports."""
    config = yaml.safe_load((corpus.ROOT / "examples" / "symptoms" / "envoy.yaml").read_text())
    listeners = config["static_resources"]["listeners"]
    refused = json.loads(json.dumps(next(one for one in listeners if one["name"] == "versions")))
    refused["name"] = "refused"
    text = json.dumps(refused).replace('"cart"', '"nobody"').replace('"versions"', '"refused"')
    listeners.append(json.loads(text))
    address = {"socket_address": {"address": "127.0.0.1", "port_value": envoy.free_port()}}
    endpoint = {"endpoint": {"address": address}}
    config["static_resources"]["clusters"].append(
        {
            "name": "nobody",
            "type": "STATIC",
            "load_assignment": {"cluster_name": "nobody", "endpoints": [{"lb_endpoints": [endpoint]}]},
        }
    )
    ports = {}
    for one in listeners:
        if one["name"] not in EXPECTED:
            continue
        ports[one["name"]] = envoy.free_port()
        one["address"] = {"socket_address": {"address": "127.0.0.1", "port_value": ports[one["name"]]}}
        for chain in one["filter_chains"]:
            manager = chain["filters"][0]["typed_config"]
            manager["route_config"]["validate_clusters"] = False
            manager["access_log"] = [
                {"name": "log", "typed_config": {"@type": _STDOUT, "path": log, "log_format": form}}
            ]
    config["static_resources"]["listeners"] = [one for one in listeners if one["name"] in EXPECTED]
    return {"node": {"id": "symptoms", "cluster": "symptoms"}, **config}, ports


def _ask(port: int, data: bytes) -> None:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(data)
        sock.settimeout(5)
        sock.recv(65536)


@pytest.fixture(scope="module", params=["text", "json", "own"])
def logged(request, tmp_path_factory):
    """Envoy's log of one request a listener, its dump, and the port of each listener."""
    folder = tmp_path_factory.mktemp(f"why-{request.param}")
    log = folder / "access.log"
    text = DEFAULTS[0].text + "\n"
    keys = dict(_operators(text))
    form: dict[str, Any] = {
        "text": {"text_format_source": {"inline_string": text}},
        "json": {"json_format": keys},
        "own": {
            "text_format_source": {"inline_string": "at %START_TIME%;" + ";".join(keys.values()) + ";\n"}
        },
    }[request.param]
    bootstrap, ports = _bootstrap(str(log), form)
    with envoy.running(bootstrap, folder) as admin:
        for name, (data, _, _) in EXPECTED.items():
            _ask(ports[name], data)
        dump = urllib.request.urlopen(f"http://127.0.0.1:{admin}/config_dump?include_eds", timeout=10).read()
        (folder / "config_dump.json").write_bytes(dump)
        deadline = time.monotonic() + 20
        while len(log.read_bytes().splitlines()) < len(EXPECTED) and time.monotonic() < deadline:
            time.sleep(0.1)
    return request.param, log.read_bytes().splitlines(), folder / "config_dump.json", ports


def _operators(text: str):
    from meshctl.why.formats import OPERATOR, field_of

    for found in OPERATOR.finditer(text):
        yield field_of(found[1], found[2]), found[0]


def test_each_line_says_at_which_stage_it_ended(logged):
    form, lines, dump, ports = logged
    given = open_given((str(dump),))
    source = RecordPods(given, Notes())
    pod = source.of(given.own[0])
    from meshctl.commands.why import _formats

    known = _formats(pod)
    assert len(lines) == len(EXPECTED), lines
    by_port = {port: name for name, port in ports.items()}
    for line in lines:
        entry = entries.read(line.decode(), known)
        assert entry is not None, line
        name = by_port[int(entry["downstream_local_address"].rpartition(":")[2])]
        _, stage, flags = EXPECTED[name]
        found = explain(entry, pod, source)
        assert not found.account.unknown, (name, found.account.unknown)
        assert found.account.stage is stage, (form, name, found.account)
        assert flags in entry["response_flags"]
        assert found.account.answered_by == "this proxy"
        assert found.replay is not None and found.replay.agrees is not False, (name, found.replay.differences)


def test_the_whole_log_is_counted_by_cause(logged):
    _, lines, dump, _ = logged
    given = open_given((str(dump),))
    pod = RecordPods(given, Notes()).of(given.own[0])
    from meshctl.commands.why import _formats

    found = tally.tally([line + b"\n" for line in lines], _formats(pod))
    assert found.other == 0
    assert sum(group.count.number for group in found.groups) == len(EXPECTED)
    assert len(found.failed) == len(EXPECTED) - 1  # all but the redirect
