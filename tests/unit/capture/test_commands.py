"""The capture commands as a user calls them: output, warnings, exit codes."""

from __future__ import annotations

import json
import pathlib

import pytest

from meshctl.cli import main
from meshctl.netfilter.istio.compute import compute
from meshctl.values import replace
from tests import cli
from tests.unit.netfilter.sidecar import SETTINGS

Capture = pytest.CaptureFixture[str]
INIT = [
    "istio-iptables",
    "-p",
    "15001",
    "-z",
    "15006",
    "-u",
    "1337",
    "-m",
    "REDIRECT",
    "-i",
    "*",
    "-x",
    "",
    "-b",
    "*",
    "-d",
    "15090,15021,15020",
]


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "rules.txt"
    path.write_text(compute(SETTINGS).iptables_v4)
    return str(path)


@pytest.fixture
def manifest(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "pod.yaml"
    path.write_text(
        "kind: Deployment\nmetadata: {name: web, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: '25'}}\n"
        "spec:\n  template:\n    spec:\n      containers: [{name: app}, {name: istio-proxy}]\n"
        f"      initContainers: [{{name: istio-init, args: {json.dumps(INIT)}}}]\n"
    )
    return str(path)


def run(*arguments: str) -> int:
    return main(["capture", *arguments])


# ---- show ----


def test_show_says_what_is_captured_before_the_rules(saved: str, capsys: Capture) -> None:
    assert run("show", "-f", saved) == 0
    out = capsys.readouterr().out
    assert "Inbound   TCP connections from other pods go to 15006 (Envoy inbound), except:" in out
    assert "ports 15008, 15020, 15021, 15090: not captured" in out
    assert "Outbound  the application's TCP connections go to 15001 (Envoy outbound)" in out
    assert out.index("Outbound") < out.index("ISTIO_REDIRECT:")


def test_show_marks_computed_rules(manifest: str, capsys: Capture) -> None:
    assert run("show", "--pod", manifest) == 0
    assert "Capture rules of web: COMPUTED, not observed (from istio-init)" in capsys.readouterr().out


def test_show_reads_a_manifest_given_with_f(manifest: str, capsys: Capture) -> None:
    assert run("show", "-f", manifest) == 0
    assert "COMPUTED" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_show_as_data(saved: str, form: str, capsys: Capture) -> None:
    assert run("show", "-f", saved, "-o", form) == 0
    out = capsys.readouterr().out
    if form == "json":
        document = json.loads(out)
    else:
        import yaml

        document = yaml.safe_load(out)
    assert document["families"][0]["inbound"]["default"] == {"verdict": "REDIRECT", "port": 15006}
    assert document["tables"][0]["chains"]


def test_show_as_mermaid(saved: str, capsys: Capture) -> None:
    assert run("show", "-f", saved, "-o", "mermaid") == 0
    out = capsys.readouterr().out
    assert out.startswith("flowchart LR\n")
    assert 'subgraph t0["nat (IPv4)"]' in out


def test_show_reads_standard_input(saved: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(saved) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run("show", "-f", "-") == 0
    assert "Capture rules of standard input" in capsys.readouterr().out


def test_show_computes_from_a_log_with_settings_only(tmp_path: pathlib.Path, capsys: Capture) -> None:
    path = tmp_path / "log"
    path.write_text("info\tIstio config:\nPROXY_PORT=15001\nPROXY_UID=1337\nOUTBOUND_IP_RANGES_INCLUDE=*\n")
    assert run("show", "-f", str(path)) == 0
    out = capsys.readouterr()
    assert "COMPUTED, not observed (from the settings in the log)" in out.out
    assert "only settings" in out.err


def test_what_is_not_understood_goes_to_stderr_with_its_line(tmp_path: pathlib.Path, capsys: Capture) -> None:
    path = tmp_path / "rules"
    path.write_text("*nat\n-A OUTPUT -m bpf --object-pinned /x -j RETURN\nwhat is this\nCOMMIT\n")
    assert run("show", "-f", str(path)) == 0
    err = capsys.readouterr().err
    assert f"Warning: {path} line 2: match not understood: -m bpf --object-pinned /x" in err
    assert f"Warning: {path} line 3: not understood: what is this" in err


def test_something_else_is_no_rules(tmp_path: pathlib.Path, capsys: Capture) -> None:
    path = tmp_path / "text"
    path.write_text("Dear support,\nit does not work.\n")
    assert run("show", "-f", str(path)) == 1
    assert "holds no rules that can be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show"], 2),
        (["show", "-f", "/no/such/file"], 1),
        (["show", "-f", "-", "-o", "svg"], 2),
        (["walk", "-f", "/dev/null", "--to", "example.com:80"], 2),
        (["walk", "-f", "/dev/null", "--hook", "sideways"], 2),
        (["walk", "-f", "/dev/null", "--src", "10.0.0.1", "--dst", "::1"], 2),
        (["compute", "--backend", "ebpf", "--", "-p", "15001"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: Capture) -> None:
    assert run(*arguments) == code
    assert capsys.readouterr().err.startswith("Error: ")


# ---- walk ----


def test_walk_shows_passages_and_the_deciding_rule(saved: str, capsys: Capture) -> None:
    assert (
        run("walk", "-f", saved, "--from", "app", "--to", "10.102.168.134:80", "--pod-ip", "10.244.0.72") == 0
    )
    out = capsys.readouterr().out
    assert "nat ISTIO_REDIRECT rule 1: -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001" in out
    assert "=> REDIRECT to 15001 (Envoy outbound)" in out
    assert "3. Envoy to the same destination, out" in out


def test_walk_wide_says_why_rules_did_not_match(saved: str, capsys: Capture) -> None:
    assert (
        run(
            "walk",
            "-f",
            saved,
            "--from",
            "app",
            "--to",
            "10.1.1.1:80",
            "--pod-ip",
            "10.244.0.72",
            "-o",
            "wide",
        )
        == 0
    )
    assert "no: --uid-owner 1337 (uid is 1000)" in capsys.readouterr().out


def test_walk_inbound(saved: str, capsys: Capture) -> None:
    assert run("walk", "-f", saved, "--in", "15020", "--from", "10.244.0.9", "--pod-ip", "10.244.0.72") == 0
    out = capsys.readouterr().out
    assert "--dport 15020 -j RETURN" in out
    assert "REDIRECT" not in out.replace("ISTIO_REDIRECT", "")


def test_walk_of_envoy(saved: str, capsys: Capture) -> None:
    assert (
        run(
            "walk",
            "-f",
            saved,
            "--from",
            "envoy",
            "--to",
            "10.244.0.72:80",
            "--pod-ip",
            "10.244.0.72",
            "-o",
            "json",
        )
        == 0
    )
    first = json.loads(capsys.readouterr().out)["passages"][0]
    assert (first["verdict"], first["redirect_port"], first["packet"]["uid"]) == ("REDIRECT", 15006, 1337)


def test_walk_that_cannot_decide_has_its_own_exit_code(saved: str, capsys: Capture) -> None:
    assert run("walk", "-f", saved, "--dport", "80") == 3
    out = capsys.readouterr().out
    assert "UNDETERMINED: it depends on" in out
    assert "if -o lo" in out


def test_a_simple_walk_takes_a_destination_for_one_outside_the_pod(saved: str, capsys: Capture) -> None:
    assert run("walk", "--rules", saved, "--from", "app", "--to", "10.102.168.134:80") == 0
    out = capsys.readouterr().out
    assert out.startswith("assumed: 10.102.168.134 is not the pod's own address, so it leaves by eth0")
    assert "(else --pod-ip or --out-if)" in out
    assert "=> REDIRECT to 15001 (Envoy outbound)" in out
    assert "3. Envoy to the same destination, out: tcp ? -> 10.102.168.134:80, out by eth0, uid 1337" in out


def test_a_simple_walk_names_every_assumption_in_json(saved: str, capsys: Capture) -> None:
    assert run("walk", "-f", saved, "--to", "10.1.1.1:80", "-o", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [text.partition(" (else")[0] for text in document["assumed"]] == [
        "the application sends it, as uid 1000",
        "10.1.1.1 is not the pod's own address, so it leaves by eth0 from the pod's address",
    ]


@pytest.mark.parametrize(
    "given",
    [
        ["--to", "127.0.0.1:80", "--from", "app"],
        ["--to", "10.1.1.1:80", "--from", "app", "--pod-ip", "10.244.0.72"],
        ["--in", "80", "--from", "10.244.0.9", "--pod-ip", "10.244.0.72"],
    ],
)
def test_what_is_known_is_not_assumed(saved: str, given: list[str], capsys: Capture) -> None:
    assert run("walk", "-f", saved, *given) == 0
    assert "assumed:" not in capsys.readouterr().out


def test_a_simple_walk_to_an_address_a_rule_asks_about_stays_undetermined(
    tmp_path: pathlib.Path, capsys: Capture
) -> None:
    path = tmp_path / "rules"
    path.write_text(
        "*nat\n-A OUTPUT -s 10.244.0.0/16 -j RETURN\n-A OUTPUT -p tcp -j REDIRECT --to-ports 1\nCOMMIT\n"
    )
    assert run("walk", "-f", str(path), "--from", "app", "--to", "10.1.1.1:80") == 3
    assert "it depends on the packet's source address (-s 10.244.0.0/16)" in capsys.readouterr().out


def test_a_packet_described_field_by_field_is_not_completed(saved: str, capsys: Capture) -> None:
    given = ["--hook", "output", "--dst", "10.1.1.1", "--dport", "80", "--uid", "1000"]
    assert run("walk", "-f", saved, *given) == 3
    assert "assumed:" not in capsys.readouterr().out


def test_many_packets_say_what_the_others_of_the_file_told(
    saved: str, tmp_path: pathlib.Path, capsys: Capture
) -> None:
    whole = {"hook": "output", "src": "10.0.0.1", "dst": "10.9.9.9", "dport": 80, "out_if": "eth0", "uid": 1}
    short = {"hook": "output", "dst": "10.9.9.8", "dport": 80, "uid": 1}
    path = tmp_path / "packets.jsonl"
    path.write_text("".join(json.dumps({"packet": packet}) + "\n" for packet in (whole, short)))
    assert run("walk", "-f", saved, "--packets", str(path)) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert "assumed" not in first
    assert second["assumed"] == ["from the file's other packets: src 10.0.0.1, out_if eth0"]


def test_walk_of_many_packets(saved: str, tmp_path: pathlib.Path, capsys: Capture) -> None:
    packet = {
        "hook": "output",
        "proto": "tcp",
        "src": "10.0.0.1",
        "dst": "10.9.9.9",
        "sport": 4000,
        "dport": 80,
        "out_if": "eth0",
        "uid": 1000,
        "gid": 1000,
        "ct_state": "NEW",
        "mark": 0,
    }
    path = tmp_path / "packets.jsonl"
    lines = [
        {"id": "a", "packet": packet},
        {"id": 2, "packet": packet | {"ct_state": "ESTABLISHED", "tcp_flags": "A"}},
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert run("walk", "--rules", saved, "--packets", str(path)) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["id"], first["verdict"], first["redirect_port"]) == ("a", "REDIRECT", 15001)
    assert first["path"][-1] | {"family": ""} == {
        "family": "",
        "table": "nat",
        "chain": "ISTIO_REDIRECT",
        "rule_number": 1,
        "target": "REDIRECT",
    }
    assert (second["id"], second["verdict"], second["path"]) == (2, "NAT_BY_CONNTRACK", [])


def test_a_packet_that_is_none(saved: str, tmp_path: pathlib.Path, capsys: Capture) -> None:
    path = tmp_path / "packets.jsonl"
    path.write_text('{"id": 1, "packet": {"hook": "nowhere"}}\n')
    assert run("walk", "-f", saved, "--packets", str(path)) == 1
    assert "line 1 is no packet" in capsys.readouterr().err


# ---- lint ----


def test_lint_of_good_rules(saved: str, capsys: Capture) -> None:
    assert run("lint", "-f", saved) == 0
    assert "0 error, 0 warning" in capsys.readouterr().out


def test_lint_of_broken_rules(tmp_path: pathlib.Path, capsys: Capture) -> None:
    path = tmp_path / "rules"
    path.write_text(
        compute(replace(SETTINGS, proxy_port="15011")).iptables_v4.replace("-A OUTPUT -j ISTIO_OUTPUT\n", "")
    )
    assert run("lint", "-f", str(path), "-o", "json") == 1
    codes = {finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert {"not-entered", "proxy-port"} <= codes


def listener(name: str, port: int) -> dict[str, object]:
    address = {"socket_address": {"address": "0.0.0.0", "port_value": port}}
    return {"active_state": {"listener": {"name": name, "address": address}}}


DUMP = json.dumps(
    {
        "configs": [
            {"dynamic_listeners": [listener("virtualOutbound", 15011), listener("virtualInbound", 15006)]}
        ]
    }
)


def test_lint_of_a_snapshot_compares_with_its_envoy(tmp_path: pathlib.Path, capsys: Capture) -> None:
    folder = tmp_path / "pods" / "web"
    folder.mkdir(parents=True)
    (folder / "iptables-save.txt").write_text(compute(SETTINGS).iptables_v4)
    (folder / "config_dump.json").write_text(DUMP)
    (folder / "meta.json").write_text('{"pod": "web", "namespace": "default"}')
    assert run("lint", "-f", str(tmp_path / "pods"), "web") == 1
    assert "Envoy's outbound listener is on 15011" in capsys.readouterr().out


def test_lint_with_an_envoy(saved: str, tmp_path: pathlib.Path, capsys: Capture) -> None:
    path = tmp_path / "config_dump.json"
    path.write_text(DUMP)
    assert run("lint", "-f", saved, "--envoy", str(path)) == 1
    assert "Envoy's outbound listener is on 15011" in capsys.readouterr().out


def test_lint_of_a_manifest(manifest: str, capsys: Capture) -> None:
    assert run("lint", "--pod", manifest) == 1
    assert "excludeOutboundPorts stands on the Deployment, not on its pods" in capsys.readouterr().out


# ---- compute ----


def test_compute_with_flags(capsys: Capture) -> None:
    assert run("compute", "--", *INIT[1:]) == 0
    assert capsys.readouterr().out == compute(SETTINGS).iptables_v4


def test_compute_without_settings_is_what_the_charts_have(capsys: Capture) -> None:
    assert run("compute") == 0
    out = capsys.readouterr()
    assert out.out == compute(SETTINGS).iptables_v4
    assert out.err.startswith("Note: no settings are given; these are the rules of Istio's charts: -p 15001")


def test_compute_with_environment_names(tmp_path: pathlib.Path, capsys: Capture) -> None:
    path = tmp_path / "env.json"
    path.write_text(json.dumps({"PROXY_PORT": "15001", "OUTBOUND_IPRANGES_INCLUDE": "*", "WHAT": 1}))
    assert run("compute", "--env", str(path), "--backend", "nft") == 0
    out = capsys.readouterr()
    assert "redirect to :15001" in out.out
    assert "Warning: WHAT is no setting" in out.err


def test_compute_for_a_pod(manifest: str, capsys: Capture) -> None:
    assert run("compute", "--pod", manifest) == 0
    assert capsys.readouterr().out == compute(SETTINGS).iptables_v4


def test_what_returns_is_one_box_a_chain():
    story = str(pathlib.Path(__file__).resolve().parents[3] / "examples/story/test-pod/iptables-save.txt")
    chart = cli.run("capture", "show", "-f", story, "-o", "mermaid").out
    assert chart.count("back to the caller") == 2  # ISTIO_INBOUND and ISTIO_OUTPUT
    assert '"1-5, 7-8, 10-13"' in chart
    assert "13: to 198.51.100.0/24" in chart
