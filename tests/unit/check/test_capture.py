"""The rules before Envoy as findings: lint's, failed init runs by their cause, ports that are left out."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.check import Finding, Subject, World
from meshctl.check.checks.capture import _CAUSES, _LINTED
from meshctl.check.run import examined
from meshctl.netfilter.lint import intent, reach, structure, traffic
from meshctl.netfilter.read.source import parse_rules
from meshctl.trace.pods import Pod
from tests.cli import run
from tests.unit.proxy import build

ISTIO = """*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:ISTIO_INBOUND - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15090 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15021 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15020 -j RETURN
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
EXTRA-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports PORT
COMMIT
"""


def found(port: int = 15001, extra: str = "", **of_pod: Any) -> list[Finding]:
    chains = [{"filters": build.tcp("c")}]
    listeners = [
        {**build.listener(chains, port=15001, use_original_dst=True), "name": "virtualOutbound"},
        {**build.listener(chains, port=15006), "name": "virtualInbound"},
        build.listener(chains, port=3306, bind_to_port=False, traffic_direction="OUTBOUND"),
    ]
    rules = parse_rules(ISTIO.replace("PORT", str(port)).replace("EXTRA", extra), name="iptables-save.txt")
    pod = Pod("p", "ns", ("10.0.0.9",), proxy=build.proxy(listeners), rules=rules, **of_pod)
    said = examined(Subject(pod, World()))
    return [one for one in said if isinstance(one, Finding) and one.code.startswith("capture-")]


def test_istios_own_rules_and_envoy_agree():
    assert found() == []


def test_a_pods_own_envoy_is_compared_with_its_rules():
    codes = {one.code for one in found(port=15002)}
    assert "capture-outbound-port-differs" in codes


def test_a_gateway_has_no_rules_to_check():
    assert found(port=15002, is_gateway=True) == []


def test_a_listener_whose_port_is_left_out():
    (one,) = found(extra="-A ISTIO_OUTPUT -p tcp -m tcp --dport 3306 -j RETURN\n")
    assert (one.code, one.object) == ("capture-listener-bypassed", "listener 0.0.0.0_3306")
    assert found(extra="-A ISTIO_OUTPUT -p tcp -m tcp --dport 3307 -j RETURN\n") == []


LOGS = [
    ("iptables-restore v1.8.7 (legacy): iptables-restore: unable to initialize table 'nat'", "lacks a module"),
    ("iptables v1.8.7 (legacy): can't initialize iptables table `nat': Table does not exist (do you need to insmod?)", "lacks a module"),
    ("iptables v1.8.4 (legacy): can't initialize iptables table `nat': Permission denied (you must be root)", "may not change the network"),
    ("iptables v1.8.7 (nf_tables): Could not fetch rule set generation id: Invalid argument", "does not answer nf_tables"),
    ("Another app is currently holding the xtables lock. Perhaps you want to use the -w option?", "xtables lock"),
    ("iptables validation failed; workload is not ready for Istio", "before istio-cni had set up"),
    ("iptables-restore v1.8.9 (nf_tables): unknown option \"--to-port\"", "refused an argument"),
    ("something nobody has seen", "does not say why"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "cause"), LOGS)
def test_a_failed_run_is_explained(tmp_path, line, cause):
    log = (
        "2024-04-03T03:24:59.101520Z\tinfo\tIstio iptables environment:\nENVOY_PORT=\n\n"
        "2024-04-03T03:24:59.102520Z\tinfo\tRunning iptables-restore with the following input:\n* nat\n-N ISTIO_INBOUND\nCOMMIT\n"
        f"2024-04-03T03:25:00.114520Z\terror\tCommand error output: {line}\n"
        "2024-04-03T03:25:00.114544Z\terror\tFailed to execute: iptables-restore --noflush, exit status 2\n"
    )
    (tmp_path / "istio-init.log").write_text(log)
    done = run("check", "-f", str(tmp_path / "istio-init.log"))
    assert done.rc == 1
    assert "error [capture-failed-run] istio-init" in done.out
    assert cause in done.out


def test_each_cause_has_a_log():
    assert len({cause for _, cause in LOGS}) >= len(_CAUSES) - 1  # no image lacks iptables in our records


def test_every_code_of_lint_is_a_row():
    import inspect
    import re

    texts = "".join(inspect.getsource(module) for module in (intent, reach, structure, traffic))
    codes = set(re.findall(r'Finding\(\s*"([a-z0-9-]+)"', texts))
    known = {code for code, _, _ in _LINTED}
    assert codes - known <= {"failed-run", "not-analysed"}
