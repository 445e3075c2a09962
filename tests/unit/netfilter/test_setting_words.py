"""Every name that a setting of istio-iptables has, every flag that is none, and what lists of ranges mean."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.errors import InputError
from meshctl.netfilter.istio.settings import (
    CaptureSettings,
    Ranges,
    from_arguments,
    from_environment,
    from_pod,
    invalid_ranges,
    pod_of,
    ranges,
    split,
)

SETTINGS = [  # a field, its names in the environment, its flags, a value
    ("proxy_port", "PROXY_PORT ENVOY_PORT", "-p --envoy-port", "1"),
    ("inbound_capture_port", "INBOUND_CAPTURE_PORT PROXY_INBOUND_CAPTURE_PORT", "-z --inbound-capture-port", "2"),
    ("tunnel_port", "INBOUND_TUNNEL_PORT PROXY_TUNNEL_PORT", "-e --inbound-tunnel-port", "3"),
    ("proxy_uid", "PROXY_UID", "-u --proxy-uid", "4"), ("proxy_gid", "PROXY_GID", "-g --proxy-gid", "5"),
    ("interception_mode", "INBOUND_INTERCEPTION_MODE ISTIO_INBOUND_INTERCEPTION_MODE", "-m --istio-inbound-interception-mode", "TPROXY"),
    ("tproxy_mark", "INBOUND_TPROXY_MARK ISTIO_INBOUND_TPROXY_MARK", "-t --istio-inbound-tproxy-mark", "6"),
    ("tproxy_route_table", "INBOUND_TPROXY_ROUTE_TABLE ISTIO_INBOUND_TPROXY_ROUTE_TABLE", "-r --istio-inbound-tproxy-route-table", "7"),
    ("inbound_ports_include", "INBOUND_PORTS_INCLUDE ISTIO_INBOUND_PORTS", "-b --istio-inbound-ports", "8"),
    ("inbound_ports_exclude", "INBOUND_PORTS_EXCLUDE ISTIO_LOCAL_EXCLUDE_PORTS", "-d --istio-local-exclude-ports", "9"),
    ("owner_groups_include", "OUTBOUND_OWNER_GROUPS_INCLUDE ISTIO_OUTBOUND_OWNER_GROUPS", "", "10"),
    ("owner_groups_exclude", "OUTBOUND_OWNER_GROUPS_EXCLUDE ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", "", "11"),
    ("outbound_ports_include", "OUTBOUND_PORTS_INCLUDE ISTIO_OUTBOUND_PORTS", "-q --istio-outbound-ports", "12"),
    ("outbound_ports_exclude", "OUTBOUND_PORTS_EXCLUDE ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE", "-o --istio-local-outbound-ports-exclude", "13"),
    ("outbound_ranges_include", "OUTBOUND_IPRANGES_INCLUDE OUTBOUND_IP_RANGES_INCLUDE ISTIO_SERVICE_CIDR", "-i --istio-service-cidr", "10.0.0.0/8"),
    ("outbound_ranges_exclude", "OUTBOUND_IPRANGES_EXCLUDE OUTBOUND_IP_RANGES_EXCLUDE ISTIO_SERVICE_EXCLUDE_CIDR", "-x --istio-service-exclude-cidr", "10.0.0.0/8"),
    ("virtual_interfaces", "KUBE_VIRT_INTERFACES", "-k --kube-virt-interfaces", "veth"),
    ("exclude_interfaces", "EXCLUDE_INTERFACES ISTIO_EXCLUDE_INTERFACES", "-c --istio-exclude-interfaces", "eth1"),
    ("loopback", "HOST_IPV4_LOOPBACK_CIDR ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR", "", "127.0.0.0/8"),
]  # fmt: skip
NAMED = [(field, name, value) for field, names, _, value in SETTINGS for name in names.split()]
FLAGGED = [(field, flag, value) for field, _, flags, value in SETTINGS for flag in flags.split()]
SWITCHES = [  # a switch, its names, its flag
    ("redirect_dns", "REDIRECT_DNS DNS_CAPTURE ISTIO_META_DNS_CAPTURE", "--redirect-dns"), ("capture_all_dns", "CAPTURE_ALL_DNS", "--capture-all-dns"),
    ("drop_invalid", "DROP_INVALID INVALID_DROP", "--drop-invalid"), ("ipv6", "ENABLE_INBOUND_IPV6", ""), ("native_nftables", "NATIVE_NFTABLES", "--native-nftables"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "name", "value"), NAMED)
def test_names_in_the_environment(field: str, name: str, value: str) -> None:
    settings, unknown = from_environment({name: value})
    assert (getattr(settings, field), unknown) == (value, [])
    assert from_environment({name: None})[0] == CaptureSettings()


@pytest.mark.parametrize(("field", "flag", "value"), FLAGGED)
def test_flags_with_a_value(field: str, flag: str, value: str) -> None:
    for words in ([flag, value], [f"{flag}={value}"], ["istio-iptables", flag, f'"{value}"']):
        settings, unknown = from_arguments(words)
        assert (getattr(settings, field), unknown) == (value, [])


@pytest.mark.parametrize(("field", "names", "flag"), SWITCHES)
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("true", True),
        ("1", True),
        ("T", True),
        (" yes ", True),
        ("false", False),
        ("0", False),
        ("", False),
        ("on", False),
    ],
)
def test_switches(field: str, names: str, flag: str, said: str, meant: bool) -> None:
    for name in names.split():
        assert getattr(from_environment({name: said})[0], field) is meant
        assert getattr(from_environment({name: meant})[0], field) is meant
    if flag:
        assert getattr(from_arguments([f"{flag}={said}", "-p", "7"])[0], field) is meant
        assert getattr(from_arguments([flag, "-p", "7"])[0], field) is True


ALONE = """--dual-stack -n --dry-run -f --restore-format --skip-rule-apply --run-validation --cni-mode --host-nsenter-exec --iptables-trace-logging
    --reconcile --cleanup-only --force-apply --log_as_json""".split()
WITH_A_WORD = "--network-namespace --iptables-probe-port --probe-timeout --log_output_level --force-iptables-binary --iptables-version".split()


@pytest.mark.parametrize("flag", ALONE)
def test_flags_that_stand_alone_and_mean_nothing_here(flag: str) -> None:
    settings, unknown = from_arguments([flag, "-p", "7"])
    assert (settings.proxy_port, unknown) == ("7", [])


@pytest.mark.parametrize("flag", WITH_A_WORD)
def test_flags_that_take_a_word_and_mean_nothing_here(flag: str) -> None:
    for words in ([flag, "-p", "-z", "7"], [f"{flag}=-p", "-z", "7"]):
        settings, unknown = from_arguments(words)
        assert (settings.proxy_port, settings.inbound_capture_port, unknown) == ("15001", "7", [])


def test_a_flag_at_the_end_without_its_value() -> None:
    assert from_arguments(["-b"])[0].inbound_ports_include == ""
    assert from_arguments(["--log_output_level"])[1] == []
    assert from_arguments(["-q", "80", "--what=1", "-p", "7"]) == (
        CaptureSettings(outbound_ports_include="80", proxy_port="7"),
        ["--what"],
    )


def test_the_group_follows_the_user_unless_it_is_said() -> None:
    assert from_environment({"PROXY_UID": "7"})[0].proxy_gid == "7"
    assert from_environment({"PROXY_UID": "7", "PROXY_GID": "8"})[0].proxy_gid == "8"
    assert from_environment({})[0].proxy_gid == "1337"
    assert from_arguments(["-g", "8"])[0].proxy_uid == "1337"


def test_dns_servers_and_names_that_are_passed_over() -> None:
    settings, unknown = from_environment(
        {
            "DNS_SERVERS_V4": ["1.1.1.1"],
            "DNS_SERVERS_V6": None,
            "DRY_RUN": "true",
            "TRACE_LOGGING": "",
            "OTHER": "x",
        }
    )
    assert (settings.dns_servers_v4, settings.dns_servers_v6, unknown) == (("1.1.1.1",), (), ["OTHER"])


@pytest.mark.parametrize(("redirect", "everything", "v4", "v6", "dns"), [
    (False, True, ("x",), (), False), (True, False, (), (), False), (True, True, (), (), True), (True, False, ("x",), (), True), (True, False, (), ("x",), True),
])  # fmt: skip
def test_whether_dns_is_captured(
    redirect: bool, everything: bool, v4: tuple[str, ...], v6: tuple[str, ...], dns: bool
) -> None:
    settings = CaptureSettings(
        redirect_dns=redirect, capture_all_dns=everything, dns_servers_v4=v4, dns_servers_v6=v6
    )
    assert settings.dns is dns


@pytest.mark.parametrize(
    "values",
    [
        {"PROXY_PORT": "0"},
        {"PROXY_PORT": "65536"},
        {"INBOUND_CAPTURE_PORT": "x"},
        {"INBOUND_TUNNEL_PORT": "-1"},
    ],
)
def test_ports_that_are_none(values: dict[str, str]) -> None:
    with pytest.raises(InputError, match="is no port number"):
        from_environment(values)


@pytest.mark.parametrize(
    "values",
    [
        {"PROXY_PORT": "1"},
        {"PROXY_PORT": "65535"},
        {"INBOUND_INTERCEPTION_MODE": ""},
        {"INBOUND_INTERCEPTION_MODE": "NONE"},
    ],
)
def test_what_is_just_allowed(values: dict[str, str]) -> None:
    from_environment(values)


RANGES = [  # a list, IPv4, IPv6, what is left out
    ("", Ranges(), Ranges(), []), ("*", Ranges(True), Ranges(True), []), ("10.0.0.0/8", Ranges(networks=("10.0.0.0/8",)), Ranges(), []),
    ("10.1.2.3/8, fd00::/8", Ranges(networks=("10.1.2.3/8",)), Ranges(networks=("fd00::/8",)), []),
    ("10.0.0.1", Ranges(), Ranges(), ["10.0.0.1"]), ("10.0.0.0/8,x,y/8", Ranges(networks=("10.0.0.0/8",)), Ranges(), ["x", "y/8"]),
    ("127.0.0.1/32,10.0.0.0/8", Ranges(networks=("127.0.0.1/32", "10.0.0.0/8"), loopback=True), Ranges(), []),
    ("::1/128", Ranges(), Ranges(networks=("::1/128",), loopback=True), []), ("10.0.0.0/8,*", Ranges(networks=("10.0.0.0/8",)), Ranges(), ["*"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "v4", "v6", "invalid"), RANGES)
def test_ranges(text: str, v4: Ranges, v6: Ranges, invalid: list[str]) -> None:
    assert ranges(text) == (v4, v6)
    assert invalid_ranges(text) == invalid


def test_a_list_has_no_empty_elements() -> None:
    assert split(" a, ,b,") == ["a", "b"]
    assert split("") == []


POD: dict[str, Any] = {"kind": "Pod", "spec": {"containers": []}}
TEMPLATE: dict[str, Any] = {"metadata": {}, "spec": {"containers": []}}
MANIFESTS = [
    (POD, POD), ({"spec": {"containers": []}}, {"spec": {"containers": []}}), ({"kind": "Deployment", "spec": {"template": TEMPLATE}}, TEMPLATE),
    ({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": TEMPLATE}}}}, TEMPLATE), ({"kind": "Service", "spec": {"ports": []}}, None),
    ({"kind": "ConfigMap"}, None), ({"kind": "Deployment", "spec": {"template": {"metadata": {}}}}, None), ({"spec": "x"}, None), ({"spec": {"template": "x"}}, None),
    ({"kind": "Pod", "spec": {}}, {"kind": "Pod", "spec": {}}),
]  # fmt: skip


@pytest.mark.parametrize(("manifest", "pod"), MANIFESTS)
def test_the_pod_of_a_manifest(manifest: dict[str, Any], pod: dict[str, Any] | None) -> None:
    assert pod_of(manifest) == pod


ANNOTATED = [  # an annotation, the field, what is said, what istio-cni makes of it
    ("sidecar.istio.io/interceptionMode", "interception_mode", " TPROXY ", "TPROXY"), ("traffic.sidecar.istio.io/includeInboundPorts", "inbound_ports_include", "80", "80"),
    ("traffic.sidecar.istio.io/excludeInboundPorts", "inbound_ports_exclude", "80, 15021", "80,15021,15020,15090"),
    ("traffic.sidecar.istio.io/includeOutboundIPRanges", "outbound_ranges_include", "", ""),
    ("traffic.sidecar.istio.io/excludeOutboundIPRanges", "outbound_ranges_exclude", "10.0.0.0/8", "10.0.0.0/8"),
    ("traffic.sidecar.istio.io/includeOutboundPorts", "outbound_ports_include", "80", "80"), ("traffic.sidecar.istio.io/excludeOutboundPorts", "outbound_ports_exclude", "80", "80"),
    ("traffic.sidecar.istio.io/excludeInterfaces", "exclude_interfaces", "eth1", "eth1"), ("traffic.sidecar.istio.io/kubevirtInterfaces", "virtual_interfaces", "v", "v"),
    ("istio.io/reroute-virtual-interfaces", "virtual_interfaces", "v", "v"),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "field", "said", "meant"), ANNOTATED)
def test_annotations_as_istio_cni_reads_them(annotation: str, field: str, said: str, meant: str) -> None:
    found = from_pod({"metadata": {"annotations": {annotation: said}}, "spec": {"containers": []}})
    assert (found.source, getattr(found.settings, field)) == ("istio-cni", meant)


def proxy(**fields: Any) -> dict[str, Any]:
    return {"name": "istio-proxy", **fields}


ENV = [
    {"name": "ISTIO_META_DNS_CAPTURE", "value": "true"},
    {"name": "INVALID_DROP", "value": "true"},
    {"name": "FROM", "valueFrom": {}},
]
PODS = [  # the spec of a pod under istio-cni, fields of its settings
    ({}, {"redirect_dns": False, "capture_all_dns": False, "drop_invalid": False, "proxy_uid": "1337", "ipv6": False}),
    ({"containers": [proxy(env=ENV)]}, {"redirect_dns": True, "capture_all_dns": True, "drop_invalid": True}),
    ({"initContainers": [proxy(env=ENV)]}, {"redirect_dns": True}), ({"containers": [{"name": "app", "env": ENV}]}, {"redirect_dns": False}),
    ({"containers": [proxy(securityContext={"runAsUser": 7, "runAsGroup": 8})]}, {"proxy_uid": "7", "proxy_gid": "8"}),
    ({"containers": [proxy(securityContext={"runAsUser": 0})]}, {"proxy_uid": "1337"}),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "fields"), PODS)
def test_a_pod_under_istio_cni(spec: dict[str, Any], fields: dict[str, Any]) -> None:
    settings = from_pod({"spec": spec}).settings
    assert {name: getattr(settings, name) for name in fields} == fields


def test_a_pod_with_istio_init() -> None:
    init = {
        "name": "istio-init",
        "command": ["istio-iptables", "-p", "7"],
        "args": ["-z", "8", "--what"],
        "env": [{"name": "INVALID_DROP", "value": "true"}],
    }
    found = from_pod(
        {"spec": {"initContainers": [{"name": "other"}, init]}, "status": {"podIPs": [{"ip": "fd00::1"}]}}
    )
    assert (found.source, found.unknown) == ("istio-init", ("--what",))
    assert found.settings == CaptureSettings(
        proxy_port="7", inbound_capture_port="8", drop_invalid=True, ipv6=True
    )
