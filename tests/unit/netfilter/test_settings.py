"""Settings of istio-iptables, from wherever they stand, and the rules made of them."""

from __future__ import annotations

import pytest

from meshctl.errors import InputError
from meshctl.netfilter import rules_of_pod
from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.istio.settings import CaptureSettings, from_arguments, from_environment, from_pod
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, SETTINGS

INIT = 'istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x "" -b * -d 15090,15021,15020 --log_output_level=default:info'


def test_arguments_of_the_init_container() -> None:
    settings, unknown = from_arguments(INIT.split(" "))
    assert settings == SETTINGS
    assert not unknown


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["-o", "25"], "outbound_ports_exclude", "25"),
        (["--istio-outbound-ports=80"], "outbound_ports_include", "80"),
        (["--redirect-dns=true"], "redirect_dns", True),
        (["--redirect-dns"], "redirect_dns", True),
        (["--redirect-dns=false"], "redirect_dns", False),
        (["-u", "0"], "proxy_gid", "0"),
        (["-u", "0", "-g", "7"], "proxy_gid", "7"),
        (["-x", '""'], "outbound_ranges_exclude", ""),
    ],
)
def test_flags(arguments: list[str], field: str, value: object) -> None:
    assert getattr(from_arguments(arguments)[0], field) == value


def test_flags_that_nobody_knows_are_told() -> None:
    assert from_arguments(["--frobnicate"])[1] == ["--frobnicate"]


def test_the_containers_environment_counts_where_no_flag_says_otherwise() -> None:
    settings, _ = from_arguments([], {"ISTIO_META_DNS_CAPTURE": "true", "INVALID_DROP": "true"})
    assert settings.redirect_dns and settings.drop_invalid


def test_names_that_mean_nothing_are_told() -> None:
    assert from_environment({"PROXY_PORT": "15001", "PROXY_PROT": "1"})[1] == ["PROXY_PROT"]


@pytest.mark.parametrize(
    "values",
    [{"PROXY_PORT": "http"}, {"INBOUND_INTERCEPTION_MODE": "BOTH"}, {"OUTBOUND_IPRANGES_EXCLUDE": "*"}],
)
def test_what_istio_refuses(values: dict[str, str]) -> None:
    with pytest.raises(InputError):
        from_environment(values)


def pod(annotations: dict[str, str] | None = None, **spec: object) -> dict[str, object]:
    return {
        "kind": "Pod",
        "metadata": {"name": "p", "annotations": annotations or {}},
        "spec": {"containers": [{"name": "app"}, {"name": "istio-proxy"}], **spec},
        "status": {"podIPs": [{"ip": "10.0.0.1"}]},
    }


def test_a_pod_with_an_init_container() -> None:
    found = from_pod(pod(initContainers=[{"name": "istio-init", "args": INIT.split(" ")}]))
    assert (found.source, found.settings) == ("istio-init", SETTINGS)


def test_a_pod_under_istio_cni_has_other_defaults() -> None:
    settings = from_pod(pod()).settings
    assert settings.outbound_ports_exclude == "15020"
    assert settings.inbound_ports_exclude == "15020,15021,15090"
    assert (settings.inbound_ports_include, settings.outbound_ranges_include) == ("*", "*")


def test_annotations_and_the_proxys_environment_under_istio_cni() -> None:
    proxy = {
        "name": "istio-proxy",
        "env": [{"name": "ISTIO_META_DNS_CAPTURE", "value": "true"}],
        "securityContext": {"runAsUser": 5000},
    }
    found = pod(
        {
            "traffic.sidecar.istio.io/excludeInboundPorts": "9999",
            "sidecar.istio.io/interceptionMode": "TPROXY",
        }
    )
    found["spec"] = {"containers": [proxy]}
    settings = from_pod(found).settings
    assert settings.inbound_ports_exclude == "9999,15020,15021,15090"
    assert (settings.tproxy, settings.dns, settings.proxy_uid) == (True, True, "5000")


def test_ipv6_follows_the_pods_addresses() -> None:
    found = pod()
    found["status"] = {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}
    assert from_pod(found).settings.ipv6


def test_dns_capture_without_servers_is_off() -> None:
    assert not CaptureSettings(redirect_dns=True).dns
    assert CaptureSettings(redirect_dns=True, dns_servers_v4=("10.0.0.10",)).dns


def test_networks_that_are_none_are_left_out_as_istio_does() -> None:
    rules = compute(replace(SETTINGS, outbound_ranges_include="10.0.0.1,9.9.0.0/16"))
    assert "-d 9.9.0.0/16 -j ISTIO_REDIRECT" in rules.iptables_v4
    assert "10.0.0.1" not in rules.iptables_v4


def test_mode_none_makes_no_rules() -> None:
    assert compute(replace(SETTINGS, interception_mode="NONE")).iptables_v4 == ""


def test_inserted_rules_count_from_one_in_iptables_and_from_zero_in_nft() -> None:
    rules = compute(replace(SETTINGS, interception_mode="TPROXY"))
    assert "-I ISTIO_INBOUND 1 -p tcp -m mark --mark 1337 -j RETURN" in rules.iptables_v4
    assert "insert rule inet istio-proxy-mangle istio-inbound index 0" in rules.nft


# ---- what a pod's files say ----


def test_rules_that_were_seen_win_over_those_that_would_be_made() -> None:
    files = {
        "iptables-save.txt": b"*nat\n-A OUTPUT -p tcp -j REDIRECT --to-ports 9\nCOMMIT\n",
        "pod.json": b"{}",
    }
    rules = rules_of_pod(files.get, "p")
    assert rules is not None and rules.origin == "observed"
    assert walk(rules, APP).redirect_port == 9


def test_a_manifest_alone_gives_computed_rules() -> None:
    import json

    found = pod(initContainers=[{"name": "istio-init", "args": INIT.split(" ")}])
    rules = rules_of_pod({"pod.json": json.dumps(found).encode()}.get, "p")
    assert rules is not None and rules.origin == "computed"
    assert walk(rules, APP).redirect_port == 15001


def test_a_pod_without_a_sidecar_has_no_rules() -> None:
    found = b'{"spec": {"containers": [{"name": "app"}]}}'
    rules = rules_of_pod({"pod.json": found}.get, "p")
    assert rules is not None and not rules.tables


def test_no_files_no_answer() -> None:
    assert rules_of_pod({}.get, "p") is None
