"""The command: forms, exit codes, many requests, expectations, router_check_tool's test files."""

from __future__ import annotations

import json
import pathlib

import pytest

from meshctl.cli import main
from tests.corpus import ROOT

STORY = str(ROOT / "examples" / "story")
URL = "http://nginx.test/"


def test_the_story_is_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "test-pod", URL, "--dir", STORY]) == 0
    out = capsys.readouterr().out
    assert "REDIRECT to 15001" in out
    assert "REDIRECT to 15006" in out
    assert "10.244.0.73:80" in out
    assert "DELIVERED to nginx-7c79c4bf97-7985c port 80" in out


def test_explain_lists_what_was_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "test-pod", URL, "--dir", STORY, "--explain"]) == 0
    assert "not nat ISTIO_OUTPUT rule" in capsys.readouterr().out


def test_json_follows_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "test-pod", URL, "--dir", STORY, "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "meshctl.io/trace/v1"
    assert document["verdict"] == "DELIVERED"
    assert [hop["pod"] for hop in document["outcomes"][0]["hops"]] == ["test-pod", "nginx-7c79c4bf97-7985c"]
    assert sum(len(segment["steps"]) for segment in document["steps"]) == 14


@pytest.mark.parametrize(
    ("form", "sign"),
    [("short", "DELIVERED 200"), ("mermaid", "flowchart TD"), ("svg", "<svg "), ("html", "<!doctype html>")],
)
def test_forms(form: str, sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "test-pod", URL, "--dir", STORY, "-o", form]) == 0
    assert sign in capsys.readouterr().out


def test_yaml_is_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    import yaml

    main(["trace", "test-pod", URL, "--dir", STORY, "-o", "json"])
    as_json = json.loads(capsys.readouterr().out)
    main(["trace", "test-pod", URL, "--dir", STORY, "-o", "yaml"])
    assert yaml.safe_load(capsys.readouterr().out) == as_json


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["test-pod", "http://nginx.test:81/", "--to", "10.102.168.134:81"], 1),
        (["test-pod", "http://unknown.example/"], 2),
        (["test-pod", URL, "-o", "xml"], 2),
        (["test-pod"], 2),
        (["test-pod", URL, "-H", "no colon"], 2),
        (["nobody", URL], 1),
        (["test-pod", "tcp://nginx.test"], 2),
    ],
)
def test_exit_codes(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", *words, "--dir", STORY]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_single_files_assume_istios_default_rules(capsys: pytest.CaptureFixture[str]) -> None:
    client, server = (f"{STORY}/{pod}/config_dump.json" for pod in ("test-pod", "nginx-7c79c4bf97-7985c"))
    assert main(["trace", "-f", client, "--peer", server, URL]) == 0
    captured = capsys.readouterr()
    assert "assumed: the capture rules" in captured.out
    assert "DELIVERED" in captured.out


def test_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    main(["trace", "test-pod", URL, "--dir", STORY, "--why-not", "nonsense"])
    assert "Nothing on the way knows nonsense" in capsys.readouterr().out


def lines(path: pathlib.Path, *records: object) -> str:
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return str(path)


def test_many_requests_and_an_expectation(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = {
        "kind": "http1",
        "method": "GET",
        "host": "nginx.test",
        "to_ip": "10.102.168.134",
        "to_port": 80,
        "path": "/",
    }
    good = {
        "id": "a",
        "from": "test-pod",
        "request": request,
        "expect": {"verdict": "DELIVERED", "code": 200},
    }
    bad = {"id": "b", "from": "test-pod", "request": request, "expect": {"cluster": "other"}}
    path = lines(tmp_path / "r.jsonl", good, bad, {"id": "c", "request": 5})
    assert main(["trace", "--dir", STORY, "--requests", path]) == 1
    captured = capsys.readouterr()
    answers = [json.loads(line) for line in captured.out.splitlines()]
    assert [a.get("ok") for a in answers] == [True, False, None]
    assert "FAILED b: cluster is" in captured.err
    assert "error" in answers[2]


def test_at_envoy(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {
        "id": 1,
        "request": {"method": "GET", "authority": "nginx.test", "path": "/", "headers": [], "port": 80},
    }
    connection = {
        "id": 2,
        "connection": {
            "direction": "outbound",
            "dst_ip": "203.0.113.1",
            "dst_port": 9,
            "src_ip": "10.244.0.72",
            "first_bytes": "raw",
        },
    }
    path = lines(tmp_path / "r.jsonl", record, connection)
    assert (
        main(["trace", "-f", f"{STORY}/test-pod/config_dump.json", "--at", "envoy", "--requests", path]) == 0
    )
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["outcomes"][0]["cluster"] == "outbound|80||nginx.test.svc.cluster.local"
    assert second["outcomes"][0]["cluster"] == "PassthroughCluster"


ROUTER_CHECK = """
tests:
- test_name: short name
  input: {authority: nginx.test, path: /, method: GET}
  validate: {cluster_name: "outbound|80||nginx.test.svc.cluster.local"}
- test_name: wrong on purpose
  input: {authority: nginx.test, path: /, method: GET}
  validate: {virtual_host_name: nobody}
"""


ROUTES = """
virtual_hosts:
- name: v
  domains: [a.test]
  routes:
  - {match: {prefix: /r, runtime_fraction: {runtime_key: k, default_value: {numerator: 100}}}, route: {cluster: under-k}}
  - match: {prefix: /p}
    direct_response: {status: 200, body: {inline_string: "Hello!"}}
    response_headers_to_add: [{header: {key: content-type, value: application/json}}]
  - match: {prefix: /h}
    route: {cluster: one, host_rewrite_literal: b.test, prefix_rewrite: /x}
    request_headers_to_add: [{header: {key: x-ip, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}}]
  - {match: {prefix: /}, route: {cluster: rest}}
"""
TOOL_TESTS = [
    ("a fraction does not count without its runtime key", "{path: /r}", "{cluster_name: rest}"),
    ("under its key it does", "{path: /r, runtime: k}", "{cluster_name: under-k}"),
    (
        "a direct response redirects nowhere",
        "{path: /p}",
        "{path_redirect: 'http://a.test/p', cluster_name: ''}",
    ),
    (
        "its headers are a local reply's, then the route's",
        "{path: /p}",
        "{response_header_matches: [{name: content-length, string_match: {exact: '6'}},"
        " {name: content-type, string_match: {exact: 'text/plain,application/json'}}]}",
    ),
    (
        "request headers as they leave the route",
        "{path: /h/y}",
        "{request_header_matches: [{name: ':authority', string_match: {exact: b.test}},"
        " {name: ':path', string_match: {exact: /x/y}}, {name: x-ip, string_match: {exact: 127.0.0.1}}]}",
    ),
]


@pytest.mark.parametrize(("name", "given", "validate"), TOOL_TESTS, ids=[t[0] for t in TOOL_TESTS])
def test_the_quirks_of_router_check_tool(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], name: str, given: str, validate: str
) -> None:
    (tmp_path / "routes.yaml").write_text(ROUTES)
    given = given.replace("{", "{authority: a.test, method: GET, ", 1)
    (tmp_path / "tests.yaml").write_text(f"tests: [{{test_name: t, input: {given}, validate: {validate}}}]")
    code = main(["trace", "-f", str(tmp_path / "routes.yaml"), "--requests", str(tmp_path / "tests.yaml")])
    assert (code, capsys.readouterr().err) == (0, "1 passed\n")


def test_router_check_tool_files(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(ROUTER_CHECK)
    assert main(["trace", "-f", f"{STORY}/test-pod/config_dump.json", "--requests", str(path)]) == 1
    captured = capsys.readouterr()
    assert "1 of 2 tests pass" in captured.out
    assert "wrong on purpose" in captured.err
