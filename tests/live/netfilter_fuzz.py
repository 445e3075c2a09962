"""Random rule sets against the kernel: ``python -m tests.live.netfilter_fuzz --minutes N [--seed S]``.

Every difference is printed with the seed of its rule set; ``--only SEED`` repeats that one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from meshctl.netfilter import RuleSet, Verdict
from tests.live.netfilter_lab import (
    TRACE_TABLE,
    Hop,
    Lab,
    Labs,
    Refused,
    counted,
    expected,
    packet_of,
    sweep,
    traced,
)
from tests.live.netfilter_random import Generator, RuleText

Numbers = dict[tuple[str, str, str, int], int]
BACKENDS = ("iptables-nft", "nft", "iptables-legacy")
NEVER_SENT = ("EINVAL", "ENETUNREACH", "EADDRNOTAVAIL", "EADDRINUSE")  # refused before any rule was asked
NOTATIONS = ("text", "json", "script")


@dataclass
class Report:
    """What came of a run."""

    sets: int = 0
    packets: int = 0
    refused: int = 0
    undetermined: int = 0
    differences: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)  # of refusals

    def add(self, other: Report) -> None:
        """Sum up."""
        self.sets += other.sets
        self.packets += other.packets
        self.refused += other.refused
        self.undetermined += other.undetermined
        self.differences += other.differences
        self.reasons += other.reasons


def one_set(labs: Labs, seed: int, packets: int = 20) -> Report:
    """Load one random rule set, send packets, compare."""
    generator = Generator(seed)
    backend = BACKENDS[seed % len(BACKENDS)]
    lab = labs.of(backend)
    text = generator.nft_set() if backend == "nft" else generator.iptables_set(backend)
    report = Report()
    try:
        rules = lab.load(text, NOTATIONS[generator.rnd.randrange(3)])
    except Refused as reason:
        report.refused = 1
        report.reasons.append(f"seed {seed} ({backend}): {reason}")
        if backend == "iptables-legacy":
            lab.unload_legacy()
        return report
    report.sets = 1
    lab.pod.ask(do="forget")
    sent = generator.packets(packets, 20000 + (seed * 37 % 300) * 100)
    compare = _legacy if backend == "iptables-legacy" else _with_trace
    for packet, wanted, got, note in compare(lab, text, rules, sent):
        report.packets += 1
        if note == "undetermined":
            report.undetermined += 1
        elif note:
            report.differences.append(
                f"seed {seed} ({backend}): {note}\n  {packet}\n  walk   {wanted}\n  kernel {got}"
            )
    if backend == "iptables-legacy":
        lab.unload_legacy()
    return report


Compared = Iterator[tuple[dict[str, Any], object, object, str]]


def _with_trace(lab: Lab, text: RuleText, rules: RuleSet, sent: list[dict[str, Any]]) -> Compared:
    """All packets at once; the trace tells them apart by their source port.

    Trace messages can get lost, so a difference counts when it shows again with another packet.
    """
    lab.pod.run("nft", "-f", "-", text=TRACE_TABLE)
    numbers = lab.numbers()
    waiting = sent
    for attempt in range(3):
        compared = list(_trace_once(lab, text, rules, waiting, numbers))
        good = [one for one in compared if one[3] in ("", "undetermined")]
        yield from good
        bad = [one for one in compared if one[3] not in ("", "undetermined")]
        if attempt == 2:
            yield from bad
        waiting = [packet | {"sport": packet["sport"] + 50 + 1000 * attempt} for packet, *_ in bad]
        if not waiting:
            return


def _trace_once(
    lab: Lab, text: RuleText, rules: RuleSet, sent: list[dict[str, Any]], numbers: Numbers
) -> Compared:
    lab.pod.ask(do="trace", quiet=0)
    errors = _send(lab, sent)
    events = lab.pod.ask(do="trace", quiet=0.05)
    kernel = traced([event for event in events if "lost" not in event], numbers)
    for packet, error in zip(sent, errors, strict=True):
        got = kernel.get(packet["sport"], [])
        results = expected(rules, packet_of(packet, text))
        if any(result.undetermined for _, result in results):
            yield packet, None, None, "undetermined"
        elif got:
            wanted = [hop for hop, _ in results]
            yield packet, wanted, got, _difference(wanted, got)
        elif error not in NEVER_SENT:
            yield packet, [hop for hop, _ in results], error, "nothing was traced"


def _difference(wanted: list[Hop], got: list[Hop]) -> str:
    """What differs first; "" when nothing does."""
    for number, (mine, theirs) in enumerate(zip(wanted, got, strict=False)):
        if mine.hook != theirs.hook:
            return f"hook {number}: {mine.hook} or {theirs.hook}"
        if mine.destination != theirs.destination and "" not in (mine.destination or ()):
            return f"the destination at {mine.hook}"
        if mine.path != theirs.path:
            return f"the path at {mine.hook}"
        if mine.dropped != theirs.dropped:
            return f"dropped or not at {mine.hook}"
    if len(got) < len(wanted):
        return "the packet did not come back over lo"
    return ""


def _send(lab: Lab, sent: list[dict[str, Any]]) -> list[str | None]:
    """Each packet from where it is sent; the kernel's error, if any."""
    errors: dict[int, str | None] = {}
    for agent, whose in ((lab.pod, "pod"), (lab.peer, "peer")):
        mine = [packet for packet in sent if packet["from"] == whose]
        answers = agent.ask(do="send", packets=mine)
        errors |= {packet["sport"]: answer for packet, answer in zip(mine, answers, strict=True)}
    return [errors[packet["sport"]] for packet in sent]


def _legacy(lab: Lab, text: RuleText, rules: RuleSet, sent: list[dict[str, Any]]) -> Compared:
    """Legacy rules have no trace to read: packet by packet, by the rules' counters."""
    before: dict[str, dict[tuple[str, str, int], int]] = {}
    for tool in ("iptables", "ip6tables"):
        before[tool] = dict(counted(lab.pod.run(f"{tool}-legacy-save", "-c")))
    for packet in sent:
        tool = "ip6tables" if ":" in packet["dst"] else "iptables"
        results = expected(rules, packet_of(packet, text))
        if any(result.undetermined for _, result in results):
            yield packet, None, None, "undetermined"
            continue
        wanted = {step for hop, _ in results for step in hop.path}
        rejects = any(result.verdict is Verdict.REJECT for _, result in results)
        for attempt in range(3):
            # neighbour discovery may hit rules at the same moment: a difference must show three times
            error = _send(lab, [packet | {"sport": packet["sport"] + 5000 * attempt}])[0]
            now = dict(counted(lab.pod.run(f"{tool}-legacy-save", "-c")))
            hit = {place for place, count in now.items() if count > before[tool].get(place, 0)}
            before[tool] = now
            # a REJECT makes an answer of its own, which meets rules too
            same = wanted <= hit if rejects else wanted == hit
            if same or error in NEVER_SENT:
                break
        if error not in NEVER_SENT:
            yield packet, sorted(wanted), sorted(hit), "" if same else "the rules that matched"


def run(seeds: Iterator[int], until: float) -> Report:
    """Many rule sets in the same namespaces."""
    report = Report()
    with Labs() as labs:
        for seed in seeds:
            if time.monotonic() > until:
                break
            report.add(one_set(labs, seed))
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", type=int)
    parser.add_argument("--refused", action="store_true", help="say why rule sets were refused")
    arguments = parser.parse_args()
    sweep()
    if arguments.only is not None:
        report = run(iter([arguments.only]), time.monotonic() + 600)
    else:
        began = arguments.seed * 100_000
        report = run(iter(range(began, began + 10_000_000)), time.monotonic() + 60 * arguments.minutes)
    for difference in report.differences:
        print(difference)
    for reason in report.reasons if arguments.refused else ():
        print(reason)
    print(
        f"{report.sets} rule sets, {report.packets} packets, {len(report.differences)} differences, "
        f"{report.undetermined} undetermined, {report.refused} rule sets refused by the kernel"
    )
    raise SystemExit(1 if report.differences else 0)


if __name__ == "__main__":
    main()
