"""What lint says about rule sets that were broken on purpose, and that it says nothing about good ones."""

from __future__ import annotations

import re

import pytest

from meshctl.netfilter import CaptureSettings, PodNet, RuleSet, merge, parse_rules
from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.lint import EnvoyFacts, Finding, Severity, Subject, lint
from meshctl.netfilter.podrules import net_of
from meshctl.values import replace
from tests.unit.netfilter.sidecar import SETTINGS, nat, nft, rules


def found(
    rule_set: RuleSet, pod: PodNet | None = None, envoy: EnvoyFacts | None = None
) -> dict[str, Finding]:
    return {finding.code: finding for finding in lint(Subject(rule_set, pod or PodNet(), envoy))}


def script(settings: CaptureSettings = SETTINGS) -> str:
    return compute(settings).iptables_v4


def broken(pattern: str, replacement: str, settings: CaptureSettings = SETTINGS) -> RuleSet:
    """Istio's rules with something changed."""
    text, count = re.subn(pattern, replacement, script(settings), flags=re.MULTILINE)
    assert count, "the rules have no such place"
    return parse_rules(text)


@pytest.mark.parametrize("mode", ["REDIRECT", "TPROXY"])
@pytest.mark.parametrize("form", ["iptables", "nft"])
def test_istios_own_rules_are_fine(mode: str, form: str) -> None:
    settings = replace(SETTINGS, interception_mode=mode, redirect_dns=True, capture_all_dns=True, ipv6=True)
    findings = lint(Subject(compute(settings).rule_set(form), PodNet(addresses=("10.0.0.1", "fd00::1"))))
    assert {finding.severity for finding in findings} <= {Severity.INFO}


def test_the_gid_rules_of_the_default_set_are_unreachable_and_that_is_istios_way() -> None:
    findings = [f for f in lint(Subject(rules(), PodNet())) if f.code == "unreachable"]
    assert [(f.place.chain, f.place.number) for f in findings if f.place] == [
        ("ISTIO_OUTPUT", 5),
        ("ISTIO_OUTPUT", 6),
    ]
    assert all(f.severity is Severity.INFO for f in findings)
    assert [place.number for place in findings[0].by] == [3, 4]


def test_an_exclusion_after_the_rule_that_captures_everything() -> None:
    text = script().replace("COMMIT", "-A ISTIO_OUTPUT -p tcp --dport 3306 -j RETURN\nCOMMIT")
    dead = [
        f
        for f in lint(Subject(parse_rules(text), PodNet()))
        if f.code == "unreachable" and f.severity is Severity.WARNING
    ]
    assert "3306" in dead[0].what
    # the last rule jumps to ISTIO_REDIRECT, which takes TCP
    assert dead[0].by[-1].text == "-A ISTIO_OUTPUT -j ISTIO_REDIRECT"


def test_a_narrow_rule_behind_a_wide_one() -> None:
    finding = found(
        nat(
            "-A OUTPUT -d 10.0.0.0/8 -j RETURN",
            "-A OUTPUT -d 10.1.0.0/16 -p tcp -j REDIRECT --to-ports 15001",
        )
    )["unreachable"]
    assert finding.place is not None and finding.place.number == 2


def test_two_rules_that_together_shadow_a_third() -> None:
    finding = found(
        nat(
            "-A OUTPUT -p tcp -m owner --uid-owner 1 -j RETURN",
            "-A OUTPUT -p tcp -m owner ! --uid-owner 1 -j RETURN",
            "-A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 15001",
        )
    )["unreachable"]
    assert [place.number for place in finding.by] == [1, 2]


def test_a_rule_that_an_unknown_match_might_let_through_is_not_called_unreachable() -> None:
    assert "unreachable" not in found(
        nat("-A OUTPUT -m bpf --object-pinned /x -j RETURN", "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001")
    )


def test_unreachable_in_nft() -> None:
    text = """table inet t { chain c { type nat hook output priority -100;
      tcp dport 1-1000 redirect to :15001
      tcp dport { 80, 443 } return } }"""
    assert "unreachable" in found(nft(text))


def test_a_proxy_that_runs_as_another_user_loops() -> None:
    finding = found(broken(r"^-A ISTIO_OUTPUT -m owner --[ug]id-owner 1337 -j RETURN\n", ""))["loop"]
    assert finding.severity is Severity.ERROR
    assert finding.place is not None and finding.place.chain == "ISTIO_REDIRECT"


def test_a_uid_that_differs_from_the_proxys() -> None:
    other = rules(proxy_uid="1000", proxy_gid="1000")
    pod = net_of({"ips": ["10.0.0.1"], "proxy_uid": 1337, "proxy_gid": 1337}, {}, other)
    codes = found(other, pod)
    assert codes["proxy-user-differs"].severity is Severity.ERROR
    assert codes["loop"].severity is Severity.ERROR
    assert "proxy-user-differs" not in found(rules(), pod)


def test_a_manifest_says_who_the_proxy_is() -> None:
    proxy = {"name": "istio-proxy", "securityContext": {"runAsUser": 1337, "runAsGroup": 1337}}
    pod = net_of({}, {"spec": {"containers": [proxy]}}, rules(proxy_uid="5", proxy_gid="5"))
    assert "proxy-user-differs" in found(rules(proxy_uid="5", proxy_gid="5"), pod)


def test_inbound_connections_of_envoy_captured_again() -> None:
    finding = found(broken(r"^-A ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN\n", ""))["inbound-loop"]
    assert finding.severity is Severity.ERROR


def test_probe_ports_that_are_captured() -> None:
    findings = [
        f
        for f in lint(Subject(rules(inbound_ports_exclude="15090"), PodNet()))
        if f.code == "probe-port-captured"
    ]
    assert [re.search(r"port (\d+)", f.what)[1] for f in findings] == ["15020", "15021"]  # type: ignore[index]


def test_a_port_where_nobody_listens() -> None:
    assert found(rules(proxy_port="15011"))["proxy-port"].severity is Severity.WARNING


def test_ports_that_differ_from_envoys() -> None:
    envoy = EnvoyFacts(15001, 15006, "127.0.0.1", 15000, frozenset({15001, 15006}))
    assert "outbound-port-differs" in found(rules(proxy_port="15011"), envoy=envoy)
    assert "inbound-port-differs" in found(rules(inbound_capture_port="15016"), envoy=envoy)
    assert "outbound-port-differs" not in found(rules(), envoy=envoy)


def test_an_admin_interface_for_everybody() -> None:
    envoy = EnvoyFacts(15001, 15006, "0.0.0.0", 15000, frozenset({15001, 15006}))
    assert found(rules(), envoy=envoy)["admin-reachable"].severity is Severity.ERROR


def test_include_ports_without_ranges() -> None:
    finding = found(rules(outbound_ranges_include="", outbound_ports_include="3306,5432"))[
        "include-ports-only"
    ]
    assert "3306, 5432" in finding.what


def test_legacy_and_nft_at_once() -> None:
    body = script().replace("* nat", "*nat")
    both = parse_rules(
        "# Generated by iptables-save v1.6.1\n"
        + body
        + "# Generated by iptables-nft-save v1.8.9 (nf_tables)\n"
        + body
    )
    assert found(both)["two-backends"].severity is Severity.ERROR


def test_rules_made_twice() -> None:
    text = script().replace(
        "-A OUTPUT -j ISTIO_OUTPUT", "-A OUTPUT -j ISTIO_OUTPUT\n-A OUTPUT -j ISTIO_OUTPUT"
    )
    assert "repeated" in found(parse_rules(text))


def test_a_foreign_rule_before_istios() -> None:
    finding = found(
        broken(
            r"^-A OUTPUT -j ISTIO_OUTPUT", "-A OUTPUT -p tcp --dport 443 -j ACCEPT\n-A OUTPUT -j ISTIO_OUTPUT"
        )
    )["foreign-rule-first"]
    assert finding.severity is Severity.WARNING
    everything = found(
        broken(r"^-A OUTPUT -j ISTIO_OUTPUT", "-A OUTPUT -j RETURN\n-A OUTPUT -j ISTIO_OUTPUT")
    )
    assert everything["foreign-rule-first"].severity is Severity.ERROR


def test_an_excluded_interface_is_no_foreign_rule() -> None:
    findings = found(rules(exclude_interfaces="net1"))
    assert "foreign-rule-first" not in findings
    assert findings["excluded-interface"].severity is Severity.INFO


def test_another_nat_chain() -> None:
    other = nft(
        "table ip portmap { chain c { type nat hook output priority -110; tcp dport 80 dnat to 10.0.0.5 } }"
    )
    assert "other-nat-chain" in found(merge(rules(), other))


def test_a_missing_jump() -> None:
    assert found(broken(r"^-A OUTPUT -j ISTIO_OUTPUT\n", ""))["not-entered"].severity is Severity.ERROR
    assert (
        found(broken(r"^-A PREROUTING -p tcp -j ISTIO_INBOUND\n", ""))["not-entered"].severity
        is Severity.ERROR
    )


def test_empty_include_inbound_ports_is_only_information() -> None:
    assert found(rules(inbound_ports_include=""))["inbound-not-captured"].severity is Severity.INFO


def test_ipv6_that_goes_past_envoy() -> None:
    pod = PodNet(addresses=("10.0.0.1", "fd00::1"))
    assert found(rules(), pod)["ipv6-not-captured"].severity is Severity.ERROR
    assert "ipv6-not-captured" not in found(rules(ipv6=True), pod)
    only_v4 = parse_rules("# Generated by iptables-save v1.6.1\n" + script())
    assert (
        found(replace(only_v4, covers=frozenset(list(only_v4.covers)[:1])), pod)["ipv6-unknown"].severity
        is Severity.INFO
    )


def test_dropped_traffic() -> None:
    assert "dropped" in found(merge(rules(), parse_rules("*filter\n:OUTPUT DROP [0:0]\nCOMMIT\n")))


def test_a_circle() -> None:
    assert "circle" in found(nat("-N A", "-N B", "-A OUTPUT -j A", "-A A -j B", "-A B -j A"))


def test_what_is_not_understood_is_information() -> None:
    assert (
        found(nat("-A OUTPUT -m bpf --object-pinned /x -j RETURN"))["not-understood"].severity
        is Severity.INFO
    )


# ---- what was meant ----


def intent(manifest: dict[str, object]) -> dict[str, Finding]:
    empty = Subject(RuleSet(), PodNet())
    return {finding.code: finding for finding in lint(empty, manifest)}


def deployment(own: dict[str, str], template: dict[str, str]) -> dict[str, object]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "d", "annotations": own},
        "spec": {
            "template": {
                "metadata": {"annotations": template},
                "spec": {"containers": [{"name": "istio-proxy"}]},
            }
        },
    }


def test_an_annotation_on_the_deployment_instead_of_the_pod() -> None:
    finding = intent(deployment({"traffic.sidecar.istio.io/excludeOutboundPorts": "3306"}, {}))[
        "annotation-on-wrong-object"
    ]
    assert "Deployment" in finding.what


def test_an_annotation_that_is_misspelt() -> None:
    finding = intent(deployment({}, {"traffic.sidecar.istio.io/excludeOutboundPort": "3306"}))[
        "annotation-unknown"
    ]
    assert "excludeOutboundPorts" in finding.advice


def test_exclusions_that_cancel_or_do_nothing() -> None:
    codes = intent(
        deployment(
            {},
            {
                "traffic.sidecar.istio.io/includeInboundPorts": "80",
                "traffic.sidecar.istio.io/excludeInboundPorts": "81",
                "traffic.sidecar.istio.io/excludeOutboundIPRanges": "10.0.0.1",
                "traffic.sidecar.istio.io/includeOutboundPorts": "25",
                "traffic.sidecar.istio.io/excludeOutboundPorts": "25",
            },
        )
    )
    assert {"inbound-exclude-ignored", "range-ignored", "port-included-and-excluded"} <= set(codes)


def test_settings_printed_in_a_log_are_checked_too() -> None:
    log = "Istio config:\nPROXY_PORT=15001\nINBOUND_PORTS_INCLUDE=80\nINBOUND_PORTS_EXCLUDE=81\n"
    assert "inbound-exclude-ignored" in found(parse_rules(log))
