"""The walk against recordings: what real kernels did with real packets, and what Istio makes of settings."""

from __future__ import annotations

import functools
import json
import pathlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from meshctl.netfilter import (
    Connections,
    Family,
    Hook,
    Packet,
    Passage,
    PodNet,
    RuleSet,
    merge,
    parse_rules,
    routed,
)
from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.istio.settings import from_environment
from meshctl.netfilter.pod import seen_addresses
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.netfilter.walk.passages import passages
from meshctl.netfilter.walk.records import packet_from_record
from tests.corpus import corpus

pytestmark = pytest.mark.corpus

Record = dict[str, Any]

# Packets of these sets that the recording does not describe enough, by rule set and destination: a legacy
# recording has no outgoing interface, and this network is behind one that the rules exclude.
UNDESCRIBED = {("tools_istio-iptables_basic-exclude-nic.legacy.v4.iptables-save", "10.131.0.9")}


def folders() -> list[str]:
    return [part for part in ("dev", "held") if (corpus("trace/netfilter") / part / "packets.jsonl").exists()]


@functools.cache
def records(part: str) -> list[Record]:
    path = corpus("trace/netfilter") / part / "packets.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


@functools.cache
def rule_set(path: pathlib.Path) -> RuleSet:
    return parse_rules(path.read_text(), name=path.name)


def walked(part: str) -> Iterator[tuple[Record, Packet, Any]]:
    """Every record with the walk of its packet, in order, so that later packets find their connection."""
    by_rules: dict[str, list[Record]] = defaultdict(list)
    for record in records(part):
        by_rules[record["rules"]].append(record)
    for name, own in by_rules.items():
        rules = rule_set(corpus("trace/netfilter") / part / name)
        packets = [packet_from_record(record["packet"]) for record in own]
        pod = seen_addresses(packets)
        connections = Connections(rules)
        for record, packet in zip(own, packets, strict=True):
            packet = routed(packet, pod)
            yield record, packet, connections.walk(packet)


def difference(record: Record, packet: Packet, result: Any) -> str:
    """What differs; "" when nothing does."""
    observed = record["observed"]
    if (result.verdict.value, result.redirect_port) != (observed["verdict"], observed["redirect_port"]):
        return f"verdict {result.verdict} {result.redirect_port}, not {observed['verdict']} {observed['redirect_port']}"
    mine = [(step.table, step.chain, step.rule_number, step.target or None) for step in result.path]
    seen = [
        (step["table"], step["chain"], step["rule_number"], step["target"])
        for step in observed["path"]
        if "rule_number" in step
    ]
    if observed["method"] != "nftrace":
        # counters of all packets of the flow, in every hook: ours must be among them
        return "" if set(mine) <= set(seen) else f"path {mine} is not among {seen}"
    if mine != seen:
        return f"path {mine}, not {seen}"
    post = observed["post"]
    if (post is None) != (result.post is None):
        return "dropped or not"
    if post is not None and (post["dport"], post["mark"]) != (result.post.dport, result.post.mark):
        return f"leaves as {result.post}, not {post}"
    known = result.post is not None and result.post.dst is not None
    return f"goes to {result.post.dst}, not {post['dst']}" if known and result.post.dst != post["dst"] else ""


@pytest.mark.parametrize("part", ["dev", "held"])
def test_recorded_packets(part: str) -> None:
    if part not in folders():
        pytest.skip(f"trace/netfilter/{part} is not part of this corpus")
    count: Counter[str] = Counter()
    wrong = []
    for record, packet, result in walked(part):
        count[record["backend"]] += 1
        name = pathlib.Path(record["rules"]).name
        if (name, record["packet"]["dst"]) in UNDESCRIBED:
            continue
        what = difference(record, packet, result)
        if what:
            wrong.append(f"{name} {record['packet']}: {what}")
    assert sum(count.values()) > 1000
    assert not wrong, f"{len(wrong)} of {dict(count)} differ:\n" + "\n".join(wrong[:10])


@pytest.mark.parametrize("part", ["dev", "held"])
def test_single_packets_without_their_flow(part: str) -> None:
    """A later packet alone: its first packet is reconstructed, and very rarely wrongly."""
    if part not in folders():
        pytest.skip(f"trace/netfilter/{part} is not part of this corpus")
    wrong = total = 0
    for record in records(part):
        if record["backend"] == "iptables-legacy":
            continue
        packet = packet_from_record(record["packet"])
        result = Connections(rule_set(corpus("trace/netfilter") / part / record["rules"])).walk(packet)
        total += 1
        wrong += result.verdict.value != record["observed"]["verdict"]
    assert wrong / total < 0.005, f"{wrong} of {total}"


def test_nft_text_and_json_say_the_same() -> None:
    def meaning(rules: RuleSet) -> list[object]:
        return [
            (
                table.name,
                table.family,
                chain.name,
                chain.hook,
                chain.priority,
                [rule.steps for rule in chain.rules],
            )
            for table in rules.tables
            for chain in table.chains
        ]

    found = sorted((corpus("trace/netfilter") / "dev/rules").glob("*.nft"))
    assert found
    for path in found:
        text, from_json = rule_set(path), rule_set(path.with_suffix(".nft.json"))
        assert not text.notes and not from_json.notes
        assert meaning(text) == meaning(from_json), path.name


# ---- Istio's own rules ----


def settings_records() -> list[Record]:
    for name in ("istio-capture-rules.jsonl", "../istio-capture-rules.jsonl"):
        path = corpus() / name
        if path.exists():
            return [json.loads(line) for line in path.read_text().splitlines()]
    pytest.skip("istio-capture-rules.jsonl is absent from the corpus")


def test_computed_rules_are_istios() -> None:
    found = settings_records()
    assert len(found) >= 60
    for number, record in enumerate(found):
        settings, unknown = from_environment(record["config"])
        assert not unknown
        rules = compute(settings)
        commands = [line for line in record["iptables"] if line not in ("iptables-save", "ip6tables-save")]
        assert (rules.iptables_v4 + rules.iptables_v6).splitlines() == commands, f"configuration {number}"
        assert rules.nft == record["nft"], f"configuration {number}"


def test_both_forms_of_computed_rules_do_the_same() -> None:
    """The nft script and the iptables script for the same settings, packet by packet."""
    for record in settings_records():
        settings, _ = from_environment(record["config"])
        rules = compute(settings)
        iptables, nft = rules.rule_set("iptables"), rules.rule_set("nft")
        for packet in _probes():
            left, right = walk(iptables, packet), walk(nft, packet)
            assert (left.verdict, left.redirect_port, left.post) == (
                right.verdict,
                right.redirect_port,
                right.post,
            ), packet


def _probes() -> Iterator[Packet]:
    for dst, out_if in (
        ("10.30.0.2", "lo"),
        ("127.0.0.1", "lo"),
        ("10.96.0.10", "eth0"),
        ("9.9.9.9", "eth0"),
    ):
        for dport in (80, 53, 3306, 9200, 15008, 15020):
            for uid in (1337, 0, 1000):
                yield Packet(
                    hook=Hook.OUTPUT, src="10.30.0.2", dst=dst, dport=dport, out_if=out_if, uid=uid, gid=uid
                )
    for dport in (80, 8080, 15008, 15020, 15021, 443):
        yield Packet(hook=Hook.PREROUTING, src="10.30.0.9", dst="10.30.0.2", dport=dport, in_if="eth0")


# ---- end to end ----


def pods(scenario: str) -> dict[str, tuple[RuleSet, PodNet, Record]]:
    found = {}
    for meta in (corpus("e2e") / scenario / "pods").glob("*/meta.json"):
        facts = json.loads(meta.read_text())
        rules = merge(
            parse_rules((meta.parent / "iptables-save.txt").read_text(), family=Family.V4),
            parse_rules((meta.parent / "ip6tables-save.txt").read_text(), family=Family.V6),
        )
        mark = 1337 if facts.get("interception") == "TPROXY" else None
        found[meta.parent.name] = (rules, PodNet(addresses=tuple(facts["ips"]), tproxy_mark=mark), facts)
    return found


def words(passage: Passage) -> tuple[str, str, int | None, list[list[Any]]]:
    """A passage in the words of the recording."""
    result = passage.result
    rules = [[step.table, step.chain, step.rule_number] for step in result.path]
    verdict = result.verdict.value
    if verdict == "ACCEPT":
        verdict = (
            "NO_RULE_MATCHED" if not rules else "RETURN" if result.path[-1].target == "RETURN" else "ACCEPT"
        )
    return passage.packet.hook.value, verdict, result.redirect_port, rules


def endpoint(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def client_packets(scenario: str) -> Iterator[tuple[str, Record, Packet]]:
    """First packets of applications, and Envoys' own, with what was seen of them."""
    own = pods(scenario)
    for line in (corpus("e2e") / scenario / "requests.jsonl").read_text().splitlines():
        record = json.loads(line)
        request = record["request"]
        if record.get("client_capture") and record["from"] in own and record["uid"] == 1000:
            src = endpoint(record["client_local"])[0] if record.get("client_local") else None
            yield (
                record["from"],
                record["client_capture"],
                _out(request["to_ip"], request["to_port"], src, 1000, 1000),
            )
        for hop in record.get("hops", []):
            seen = hop.get("upstream_capture")
            facts = own.get(hop["pod"], (None, None, {}))[2]
            # in TPROXY mode an inbound Envoy marks its packets, which the recording does not tell
            if (
                isinstance(seen, list)
                and seen
                and seen[0]["hook"] == "output"
                and facts.get("interception") != "TPROXY"
            ):
                src = endpoint(hop["upstream_local"])[0] if hop.get("upstream_local") else None
                uid, gid = facts["proxy_uid"], facts["proxy_gid"]
                yield hop["pod"], seen, _out(*endpoint(seen[0]["dst"]), src, uid, gid)
            came = hop.get("capture")
            if isinstance(came, list) and came and came[0]["hook"] == "prerouting":
                dst, dport = endpoint(came[0]["dst"])
                src = endpoint(hop["downstream"])[0] if hop.get("downstream") else None
                family = Family.V6 if ":" in dst else Family.V4
                packet = Packet(
                    hook=Hook.PREROUTING,
                    family=family,
                    src=src,
                    dst=dst,
                    dport=dport,
                    in_if=came[0].get("in_if"),
                )
                yield hop["pod"], came, packet


def _out(dst: str, dport: int, src: str | None, uid: int, gid: int) -> Packet:
    family = Family.V6 if ":" in dst else Family.V4
    return Packet(family=family, src=src, dst=dst, dport=dport, uid=uid, gid=gid)


# The pod of this address bound it by hand, so that it went over lo, which no address of the pod tells.
BOUND_BY_HAND = {"::6"}


@pytest.mark.parametrize("scenario", ["story", "bookinfo", "egress", "gateway", "security", "special"])
def test_end_to_end_capture_paths(scenario: str) -> None:
    if not (corpus("e2e") / scenario).is_dir():
        pytest.skip(f"e2e/{scenario} is not part of this corpus")
    own = pods(scenario)
    wrong, total = [], 0
    for pod, seen, packet in client_packets(scenario):
        if packet.src in BOUND_BY_HAND:
            continue
        rules, net, _ = own[pod]
        total += 1
        mine = [words(passage) for passage in passages(rules, packet, net)]
        theirs = [(one["hook"], one["verdict"], one.get("redirect_port"), one["rules"]) for one in seen]
        # the kernel's trace of a packet's return over lo was sometimes lost
        if mine[: len(theirs)] != theirs:
            wrong.append(f"{pod} {packet}\n  walk {mine}\n  seen {theirs}")
    assert total > 20
    assert not wrong, f"{len(wrong)} of {total} differ:\n" + "\n".join(wrong[:5])
