"""``--requests`` as a gate: what is misspelt fails by name, one bad line never ends the run, the exit code says it all."""

from __future__ import annotations

import json
import pathlib
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from meshctl.errors import InputError
from meshctl.trace import expectations, lines, router_check_form
from meshctl.trace.expectations import Problem, Status
from tests import cli
from tests.corpus import ROOT

STORY = str(ROOT / "examples" / "story")
GOOD: dict[str, Any] = {
    "id": "good",
    "from": "test-pod",
    "url": "http://nginx.test/",
    "expect": {"code": 200},
}


def gate(tmp_path: pathlib.Path, records: list[Any], *options: str) -> cli.Outcome:
    path = tmp_path / "requests.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records))
    return cli.run("trace", "--dir", STORY, "--requests", str(path), *options)


def request(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "from": "test-pod", "request": {"host": "nginx.test", **changes}}


BAD_LINES = [
    ({**GOOD, "expct": {}}, "unknown key `expct` (is `expect` meant?)"),
    ({**GOOD, "form": "x"}, "unknown key `form` (is `from` meant?)"),
    ({"id": 1, "ulr": "http://a/"}, "unknown key `ulr` (is `url` meant?)"),
    ({**GOOD, "header": {}}, "unknown key `header` (is `headers` meant?)"),
    ({**GOOD, "expect": "DELIVERED"}, "`expect` of the line must be an object"),
    ({**GOOD, "expect": None}, "`expect` of the line must be an object"),
    ({**GOOD, "expect": {}}, "`expect` expects nothing"),
    ({**GOOD, "expect": {"verdct": "DELIVERED"}}, "`expect` has an unknown key `verdct`"),
    ({**GOOD, "expect": {"verdict": "DELIVRED"}}, "there is no verdict `DELIVRED`"),
    ({**GOOD, "expect": {"code": "200"}}, "`code` of `expect` must be a number"),
    ({**GOOD, "expect": {"code": []}}, "`code` of `expect` allows no value"),
    ({**GOOD, "expect": {"cluster": {}}}, "`cluster` of `expect` must be a plain value"),
    ({**GOOD, "headers": {"a": None}}, "`headers` of the line must be"),
    ({**GOOD, "headers": [["a"]]}, "`headers` of the line must be"),
    ({**GOOD, "method": 5}, "`method` of the line must be a text"),
    ({**GOOD, "request": {}}, "`url` and `request` exclude each other"),
    ({**GOOD, "url": "http://nowhere.example/"}, "the address of nowhere.example is not known"),
    ({"id": 1, "from": "test-pod"}, "none of `url`, `request` and `connection`"),
    (request(to_prt=80), "`request` has an unknown key `to_prt` (is `to_port` meant?)"),
    (request(to_ip="10.0.0.1"), "`request` has `to_ip` and no `to_port`"),
    (request(to_ip="10.0.0.1", to_port=70000), "`to_port` of `request` must be a port"),
    (request(kind="htp1"), "`kind` of `request` must be one of http1"),
    (request(port=80, protocol="HTTP/4"), "`protocol` of `request` must be one of HTTP/1.1"),
    (request(port=80, cert="x"), "`request` has an unknown key `cert`"),
    ({"id": 1, "connection": {"dst_prt": 1}}, "`connection` has an unknown key `dst_prt`"),
    ({"id": 1, "connection": {"direction": "in"}}, "`direction` of `connection` must be one of"),
    ({"id": 1, "connection": {"first_bytes": "http"}}, "`first_bytes` of `connection` must be one of"),
    ({"id": 1, "connection": {"request": {"pth": "/"}}}, "`connection.request` has an unknown key `pth`"),
    ({"id": 1, "connection": {"tls_max": "1.2"}}, "`tls_max` of `connection` must be one of"),
    ("[1]", "a line must be a JSON object"),
    ('{"id": "half", "url":', "is no JSON"),
]


@pytest.mark.parametrize(("bad", "words"), BAD_LINES, ids=[words for _, words in BAD_LINES])
def test_a_line_that_is_not_understood_fails_by_name_and_the_others_go_on(
    tmp_path: pathlib.Path, bad: Any, words: str
):
    outcome = gate(tmp_path, [GOOD, bad, {**GOOD, "id": "last"}])
    first, second, third = map(json.loads, outcome.out.splitlines())
    assert (first["ok"], third["ok"], outcome.rc) == (True, True, 1)
    assert words in second["error"]
    assert outcome.err.endswith("2 passed, 1 unreadable\n")


def test_an_error_keeps_the_id_of_its_line(tmp_path: pathlib.Path):
    outcome = gate(tmp_path, [GOOD, {"id": "mine", "url": 5}, '{"id": "half", "url":', "no json"])
    assert [json.loads(line)["id"] for line in outcome.out.splitlines()] == ["good", "mine", "half", 4]


@pytest.mark.parametrize("headers", [{"x-a": "1", "x-b": ["2", "3"]}, [["x-a", "1"], ["x-b", 2]]])
def test_headers_are_an_object_or_pairs(tmp_path: pathlib.Path, headers: Any):
    assert gate(tmp_path, [{**GOOD, "headers": headers, "method": "POST"}]).rc == 0


def test_a_request_without_an_address_goes_to_its_host(tmp_path: pathlib.Path):
    line = {**request(path="/"), "expect": {"pod": "nginx-7c79c4bf97-7985c"}}
    assert gate(tmp_path, [line]).rc == 0


@pytest.mark.parametrize(
    ("records", "code", "summary"),
    [
        ([GOOD], 0, "1 passed"),
        ([GOOD, {**GOOD, "expect": {"code": 404}}], 1, "1 passed, 1 failed"),
        ([{k: v for k, v in GOOD.items() if k != "expect"}], 0, "1 without expectation"),
    ],
)
def test_the_exit_code_and_the_summary(tmp_path: pathlib.Path, records: list[Any], code: int, summary: str):
    outcome = gate(tmp_path, records)
    assert (outcome.rc, outcome.err.splitlines()[-1]) == (code, summary)


@pytest.mark.parametrize(("content", "rc"), [("", 1), ("\n \n", 1), ('{"tests": []}', 1), ("tests: {}", 1)])
def test_a_file_without_a_test_is_never_green(tmp_path: pathlib.Path, content: str, rc: int):
    outcome = gate(tmp_path, [content])
    assert (outcome.rc, outcome.out) == (rc, "")
    assert "holds no" in outcome.err


def test_quiet_prints_only_what_did_not_pass(tmp_path: pathlib.Path):
    outcome = gate(tmp_path, [GOOD], "--quiet")
    assert (outcome.rc, outcome.out, outcome.err) == (0, "", "")
    outcome = gate(tmp_path, [GOOD, {**GOOD, "id": "bad", "expect": {"code": 1}}], "--quiet")
    assert [json.loads(line)["id"] for line in outcome.out.splitlines()] == ["bad"]


def test_quiet_leaves_the_exit_code_of_one_request():
    outcome = cli.run("trace", "test-pod", "http://nginx.test/", "--dir", STORY, "-q")
    assert (outcome.rc, outcome.out) == (0, "")


MANY = [GOOD, {**GOOD, "id": "a < b & c", "expect": {"code": 1}}, {"id": "u"}, {"id": "asked", "from": "test-pod", "url": "http://nginx.test/"}]  # fmt: skip


def test_junit(tmp_path: pathlib.Path):
    root = ElementTree.fromstring(gate(tmp_path, MANY, "-o", "junit").out)
    suite = root[0]
    assert {k: v for k, v in suite.attrib.items() if k != "name"} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert [(case.attrib["name"], [child.tag for child in case]) for case in suite] == [
        ("good", []), ("a < b & c", ["failure"]), ("u", ["error"]), ("asked", ["skipped"]),
    ]  # fmt: skip
    assert suite[1][0].attrib["message"] == "code is 200, expected 1"


def test_tap(tmp_path: pathlib.Path):
    found = gate(tmp_path, MANY, "-o", "tap").out.splitlines()
    assert found[:5] == [
        "TAP version 13", "1..4", "ok 1 - good", "not ok 2 - a < b & c", "# failed: code is 200, expected 1",
    ]  # fmt: skip
    assert found[-1] == "ok 4 - asked # SKIP nothing is expected"


@pytest.mark.parametrize("form", ["xml", "svg", "JUNIT", "short"])
def test_an_unknown_form_is_refused_before_anything_is_asked(tmp_path: pathlib.Path, form: str):
    outcome = gate(tmp_path, [GOOD], "-o", form)
    assert (outcome.rc, outcome.out) == (2, "")


def test_why_not_refuses_the_forms_it_does_not_have():
    words = ("trace", "test-pod", "http://nginx.test/", "--dir", STORY, "--why-not", "v2")
    assert cli.run(*words, "-o", "svg").rc == 2
    assert json.loads(cli.run(*words, "-o", "json").out)["why_not"] == "v2"


def outcome(verdict: str = "DELIVERED", **fields: Any) -> dict[str, Any]:
    return {"verdict": verdict, "cluster": "c", **fields}


def answer(verdict: str, *outcomes: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": verdict, "outcomes": list(outcomes), "undetermined": []}


@pytest.mark.parametrize(
    ("expect", "given", "status"),
    [
        ({"verdict": "delivered"}, answer("DELIVERED", outcome()), Status.PASSED),
        ({"verdict": ["DENIED", "DELIVERED"]}, answer("DELIVERED", outcome()), Status.PASSED),
        ({"verdict": "DENIED"}, answer("UNDETERMINED", outcome("UNDETERMINED")), Status.UNDETERMINED),
        ({"verdict": "UNDETERMINED"}, answer("UNDETERMINED", outcome("UNDETERMINED")), Status.PASSED),
        ({"cluster": "d"}, answer("UNDETERMINED", outcome("UNDETERMINED")), Status.UNDETERMINED),
        ({"cluster": "d"}, answer("UNDETERMINED", outcome("UNDETERMINED"), outcome()), Status.FAILED),
        ({"cluster": ["d", "c"]}, answer("MIXED", outcome(), outcome("DENIED")), Status.PASSED),
        ({"cluster": None}, answer("DENIED", outcome(cluster=None)), Status.PASSED),
        ({"cluster": "c"}, answer("DELIVERED"), Status.FAILED),  # no outcome shows nothing
    ],
)
def test_what_is_open_is_neither_met_nor_failed(
    expect: dict[str, Any], given: dict[str, Any], status: Status
):
    assert expectations.result("t", expectations.check(expect, given), given).status is status


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([Status.PASSED, Status.ASKED], 0),
        ([Status.PASSED, Status.UNDETERMINED], 3),
        ([Status.UNDETERMINED, Status.FAILED], 1),
        ([Status.ERROR, Status.UNDETERMINED], 1),
    ],
)
def test_a_failure_weighs_more_than_an_open_question(found: list[Status], code: int):
    assert expectations.exit_code(found) == code


def test_a_problem_that_is_open_beside_one_that_is_not_fails():
    assert expectations.result("t", [Problem("a", True), Problem("b")], {}).status is Status.FAILED


@pytest.mark.parametrize("name", ["note", "observed", "x-ticket", "_why", "envoy_1_40"])
def test_remarks_are_no_keys(name: str):
    lines.check_line({**GOOD, name: {"any": "thing"}})


IN = {"authority": "a.test", "path": "/", "method": "GET"}
TEST: dict[str, Any] = {"test_name": "t", "input": IN, "validate": {"cluster_name": "c"}}
BAD_TESTS = [
    ({**TEST, "inptu": {}}, "unknown key `inptu` (is `input` meant?)"),
    ({"input": IN, "validate": {"cluster_name": "c"}}, "the test has no `test_name`"),
    ({**TEST, "test_name": ""}, "the test has no `test_name`"),
    ({"test_name": "t", "validate": {"cluster_name": "c"}}, "the test has no `input`"),
    ({"test_name": "t", "input": IN}, "the test has no `validate`"),
    ({**TEST, "validate": {}}, "`validate` expects nothing"),
    ({**TEST, "validate": None}, "`validate` must be an object"),
    ({**TEST, "validate": {"cluster_nam": "c"}}, "unknown key `cluster_nam` (is `cluster_name` meant?)"),
    ({**TEST, "validate": {"cluster_name": None}}, "`cluster_name` of `validate` must be a text"),
    ({**TEST, "validate": {"timeout": "soon"}}, "must be a duration"),
    ({**TEST, "validate": {"request_header_matches": [{"nme": "x"}]}}, "unknown key `nme`"),
    ({**TEST, "validate": {"request_header_matches": []}}, "must be a list of objects"),
    ({**TEST, "validate": {"route_metadata": [{"nmspace": "x"}]}}, "unknown key `nmspace`"),
    ({**TEST, "input": {**IN, "pth": "/"}}, "unknown key `pth` (is `path` meant?)"),
    ({**TEST, "input": {"authority": "a", "method": "GET"}}, "`input` has no `path`"),
    ({**TEST, "input": {**IN, "random_value": "x"}}, "`random_value` of `input` must be a number"),
    ({**TEST, "input": {**IN, "additional_request_headers": [{"ky": "a"}]}}, "unknown key `ky`"),
    ("text", "a test must be an object"),
]  # fmt: skip


@pytest.mark.parametrize(("test", "words"), BAD_TESTS, ids=[words for _, words in BAD_TESTS])
def test_a_test_of_router_check_tool_that_breaks_its_schema_fails_by_name(test: Any, words: str):
    with pytest.raises(InputError) as raised:
        router_check_form.read(test)
    assert words in raised.value.what


def test_keys_may_be_in_camel_case():
    assert router_check_form.read({**TEST, "validate": {"clusterName": "c"}})["validate"] == {
        "cluster_name": "c"
    }


ROUTES = """
virtual_hosts:
- name: v
  domains: [a.test]
  routes:
  - match: {prefix: /canary}
    route: {cluster: canary, timeout: 120s}
    metadata: {filter_metadata: {company.routes: {id: canary}}}
    response_headers_to_add: [{header: {key: x-pong, value: "yes"}}]
  - {match: {prefix: /}, route: {cluster: rest}}
"""


@pytest.mark.parametrize(
    ("path", "validate", "rc"),
    [
        ("/canary", {"timeout": "120s"}, 0),
        ("/canary", {"timeout": "120.000s"}, 0),
        ("/canary", {"timeout": "30s"}, 1),
        ("/", {"timeout": "15s"}, 0),  # the default
        ("/canary", {"route_metadata": [{"namespace": "company.routes", "key": "id", "value": "canary"}]}, 0),
        ("/canary", {"route_metadata": [{"namespace": "company.routes", "key": "id", "value": "stable"}]}, 1),
        ("/", {"route_metadata": [{"namespace": "company.routes", "key": "id", "value": "canary"}]}, 1),
        ("/canary", {"response_header_fields": [{"key": "x-pong", "value": "yes"}]}, 0),
        ("/canary", {"response_header_fields": [{"key": "x-pong", "value": "no"}]}, 1),
        ("/canary", {"response_header_matches": [{"name": "x-pong", "present_match": True, "invert_match": True}]}, 1),
    ],
)  # fmt: skip
def test_what_validate_names_is_checked(tmp_path: pathlib.Path, path: str, validate: Any, rc: int):
    (tmp_path / "routes.yaml").write_text(ROUTES)
    tests = {"tests": [{**TEST, "input": {**IN, "path": path}, "validate": validate}]}
    (tmp_path / "tests.json").write_text(json.dumps(tests))
    words = ("-f", str(tmp_path / "routes.yaml"), "--requests", str(tmp_path / "tests.json"))
    assert cli.run("trace", *words).rc == rc
    assert cli.run("trace", *words, "-o", "junit").rc == rc
