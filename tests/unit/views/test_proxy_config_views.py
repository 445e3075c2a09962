"""What the views say of recorded dumps, and what they say when something is missing."""

from __future__ import annotations

import json

import pytest

from tests.cli import dump_bytes, dump_json, dump_path, run


def lines(*argv, stdin=b""):
    outcome = run("pc", *argv, stdin=stdin)
    assert outcome.rc == 0, outcome.err
    return outcome.out.splitlines()


def test_a_table_lines_up():
    found = lines("cluster", "-f", dump_path("gateway.config_dump"), "--fqdn", "istiod", "--port", "443")
    assert found == [
        "SERVICE FQDN                              PORT     SUBSET     DIRECTION     TYPE     DESTINATION RULE",
        "istiod.istio-system.svc.cluster.local     443      -          outbound      EDS      ",
    ]


@pytest.mark.parametrize("form", ["-ojson", "-o=json", "-o json", "--output json", "--output=json"])
def test_spellings_of_output(form):
    path = dump_path("gateway.config_dump")
    outcome = run("proxy-config", "c", *form.split(" "), "-f", path, "--fqdn", "no-such")
    assert (outcome.rc, outcome.out) == (0, "[]\n")


def test_several_files_are_one_proxy():
    dump, hosts = dump_path("gateway.config_dump"), dump_path("gateway.clusters")
    assert lines("endpoint", "-f", dump, "-f", hosts) == lines("endpoint", "-f", hosts)
    assert lines("eds", "-f", dump, "-f", hosts) == lines("eds", "-f", dump)


def test_endpoints_of_a_config_dump_stand_in_for_clusters():
    outcome = run("pc", "ep", "-f", dump_path("gateway.config_dump"), "--address", "10.244.0.2")
    assert outcome.rc == 0
    assert len(outcome.out.splitlines()) == 3
    assert "/clusters?format=json" in outcome.err


def test_without_endpoints_the_request_is_named():
    dump = dump_json("gateway.config_dump")
    dump["configs"] = [c for c in dump["configs"] if "Endpoints" not in c["@type"]]
    for view in ("endpoint", "eds"):
        outcome = run("pc", view, "-f", "-", stdin=json.dumps(dump).encode())
        assert (outcome.rc, outcome.out) == (1, "")
        assert "/config_dump?include_eds" in outcome.err
        assert len(outcome.err.splitlines()) <= 3


def test_refused_and_draining_listeners_cost_one_line_and_are_shown_wide():
    path = dump_path("nacklistener.config_dump")
    short = run("pc", "listener", "-f", path)
    notes = [line for line in short.err.splitlines() if "not shown" in line]
    assert len(notes) == 1
    assert "4 rejected and 20 draining listeners (" in notes[0]
    wide = lines("listener", "-f", path, "-o", "wide", "--port", "7070")
    assert any("error" in line and "has the same matching rules" in line for line in wide)


def test_a_refused_listener_is_shown_once_though_envoy_prints_it_twice():
    wide = lines("listener", "-f", dump_path("nacklistener.config_dump"), "-o", "wide", "--port", "7070")
    assert len([line for line in wide if " error " in line]) == 3  # its three chains


def test_a_secret_that_has_not_arrived_is_a_row():
    found = lines("secret", "-f", dump_path("missing-certificate.config_dump"))
    assert any(line.startswith("kubernetes://missing-cert ") and "WARMING" in line for line in found)


def test_the_ways_of_a_matcher_tree_are_written_out():
    wide = lines("listener", "-f", dump_path("waypoint.config_dump"), "-o", "wide")
    chain = next(line for line in wide if "inbound-vip|9000|http|cart.ambient" in line)
    assert "DestinationIP 10.100.0.2/32 and DestinationPort 9000" in chain


def test_wide_routes_show_every_criterion_and_policy():
    wide = "\n".join(
        lines("route", "-f", dump_path("bookinfo-productpage.config_dump"), "--name", "9080", "-o", "wide")
    )
    assert "header `end-user` exact `jason`" in wide
    assert "redirect https://new.example.com:8443/new (PERMANENT_REDIRECT)" in wide
    assert "answers 418 with a body" in wide
    assert "50 %, outbound|9080|v2|ratings" in wide
    assert "mirrors to outbound|9080|v3|reviews.bookinfo.svc.cluster.local (25 %)" in wide


def test_names_and_json_lines_are_for_scripts():
    path = dump_path("bookinfo-productpage.config_dump")
    names = lines("cluster", "-f", path, "-o", "name", "--direction", "inbound")
    assert "inbound|9080||" in names
    objects = [json.loads(line) for line in lines("cluster", "-f", path, "-o", "jsonl")]
    assert {"outbound|9080||details.bookinfo.svc.cluster.local"} <= {o["name"] for o in objects}


def test_camel_case_and_snake_case_read_alike():
    from meshctl.envoy.notes import Notes
    from meshctl.envoy.schema.convert import Converter

    dump = dump_json("waypoint.config_dump")
    convert = Converter(notes=Notes()).any
    camel = json.dumps({"configs": [convert(section) for section in dump["configs"]]}).encode()
    for view in ("cluster", "listener", "route", "eds", "secret"):
        assert lines(view, "-f", "-", stdin=camel) == lines(view, "-f", dump_path("waypoint.config_dump"))


def test_a_newer_dump_does_not_break_a_table():
    dump = dump_json("gateway.config_dump")
    for section in dump["configs"]:
        for entry in section.get("dynamic_active_clusters", []):
            entry["cluster"]["future"] = {"x": [1]}
            entry["cluster"]["type"] = "FUTURE_TYPE"
    dump["configs"].append({"@type": "type.googleapis.com/envoy.admin.v3.FutureDump"})
    outcome = run("pc", "cluster", "-f", "-", stdin=json.dumps(dump).encode())
    assert outcome.rc == 0
    assert "FUTURE_TYPE" in outcome.out
    assert outcome.err.count("unknown section") == 1


def test_private_keys_never_leave():
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----\n"
    import base64

    encoded = base64.b64encode(key.encode()).decode()
    dump = dump_json("missing-certificate.config_dump")
    for section in dump["configs"]:
        for entry in section.get("dynamic_active_secrets", []):
            certificate = entry["secret"].get("tls_certificate")
            if certificate:
                certificate["private_key"] = {"inline_bytes": encoded}
        for entry in section.get("static_clusters", []):
            tls = {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "common_tls_context": {"tls_certificates": [{"private_key": {"inline_string": key}}]},
            }
            entry["cluster"]["transport_socket"] = {"name": "tls", "typed_config": tls}
            entry["cluster"]["metadata"] = {"filter_metadata": {"acme": {"script": key}}}
        if "bootstrap" in section:
            section["bootstrap"]["node"]["metadata"]["KEY"] = encoded
    data = json.dumps(dump).encode()
    for view in ("secret", "cluster", "bootstrap", "all", "listener"):
        for form in ("short", "wide", "json", "yaml", "jsonl"):
            if view == "all" and form == "jsonl":
                continue
            outcome = run("pc", view, "-f", "-", "-o", form, stdin=data)
            assert outcome.rc == 0, outcome.err
            assert "MIIEsecret" not in outcome.out and encoded[:60] not in outcome.out, (view, form)
            assert encoded[40:80] not in outcome.out, (view, form)
    assert "[redacted]" in run("pc", "cluster", "-f", "-", "-o", "json", stdin=data).out


def test_pass_through_of_a_clean_dump_is_its_bytes():
    data = dump_bytes("gateway.config_dump")
    assert run("pc", "all", "-f", "-", "-o", "json", stdin=data).raw == data + b"\n"


def test_root_authorities_are_compared():
    same = run("pc", "rc", "-f", dump_path("gateway.config_dump"), "-f", dump_path("gateway.config_dump"))
    assert same.rc == 0 and "have the identical ROOTCA" in same.out
    other = run("pc", "rc", "-f", dump_path("gateway.config_dump"), "-f", dump_path("waypoint.config_dump"))
    assert other.rc == 1 and "non identical ROOTCA" in other.err


@pytest.mark.parametrize(
    ("value", "port"), [("80", "80"), ("0x50", "80"), ("0b1010000", "80"), ("0o120", "80"), ("0120", "80")]
)
def test_ports_are_read_as_go_reads_numbers(value, port):
    path = dump_path("gateway.config_dump")
    assert lines("cluster", "-f", path, "--port", value) == lines("cluster", "-f", path, "--port", port)


@pytest.mark.parametrize("value", ["080", "x", "1.5", "99999999999999999999"])
def test_other_ports_are_wrong_usage(value):
    assert run("pc", "cluster", "-f", dump_path("gateway.config_dump"), "--port", value).rc == 2
