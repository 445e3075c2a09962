"""Logs of istio-init and istio-cni-node: the settings they print, and the rules they applied. Linkerd's and Kuma's too.

What a log holds, by age. Current: ``Istio iptables environment:``, ``Istio config:``, ``Running iptables
restore with: … and the following input:`` and, the best of all, ``Final iptables state (IPv4):`` with
iptables-save's output. Up to 1.16: ``Variables:``, ``Writing following contents to rules file: …`` and
iptables-save's output without a heading. Lines may carry a time and level, kubectl's pod prefix, or be
JSON objects with the text in ``msg``. An istio-cni-node log is about many pods; the last one counts, or
the one asked for. linkerd-init runs each command by itself and writes it down (``> ``, ``:; `` or in ``msg=``),
then, since 2.12, what iptables-save says; kuma-init's log was Istio's once and is the restore input since.

How it works: the log is cut into segments by its headings; the rules are read from the final state where
there is one, else from the restore input or the commands. A state that is shown before they ran is not what
they left. Line numbers stay those of the log.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from meshctl.netfilter.model import Backend, RuleSet
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.draft import RuleSetDraft
from meshctl.netfilter.read.iptables_save import SaveReader
from meshctl.netfilter.read.unseen import CUT
from meshctl.patterns import expression
from meshctl.values import Struct, field

POD_PREFIX = expression(r"^\[pod/\S+\]\s?")
# What a container runtime puts before each line: CRI's time, stream and flag; Docker's JSON.
RUNTIME_PREFIX = expression(r"^\s*\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP] ?")
LOG_PREFIX = expression(
    r"^\s*(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:(?:[<>]|:;)(?: |$))?"  # Go's own log, and linkerd's marks
    r"|(?:\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)\s*(?:(?:info|warn|warning|error|debug|fatal)\b\s*)?"
    r"(?:(?:[\w-]+)\t)?)",
    re.IGNORECASE,
)
FINAL = expression(r"Final (?:iptables|nftables) state(?: \((IPv[46])\))?:")
WRITES = "Writing following contents to rules file:"
RUNS = expression(r"Running (?:command[^:]{0,200}: )?([\w./-]*)")
FOLLOWS = expression(r"following (?:input|rules)")
# Native nftables: the log has the commands that were carried out.
PROGRAMMED = expression(r"nftables rules programmed:|Running nft[^\n]*following (?:input|rules)")
CONFIG = expression(
    r"^(?:Istio (?:iptables|nftables) environment|Istio (?:iptables )?(?:config|variables)|Environment|"
    r"(?:Istio iptables )?[Vv]ariables):\s*$"
)
# Releases up to 1.4, and linkerd-init, run each rule by itself.
OWN_COMMAND = expression(r"^\+?\s*(?:/\S+/)?ip6?tables(?:-nft|-legacy)? -t \w+ -[AINDPFX] ")
SETTING = expression(r"^([A-Z][A-Z0-9_]+)=(.*)$")
CNI_POD = expression(
    r"Start (?:iptables|nftables)? ?configuration for (\S+)|(?:pod|Pod)[ =:\"']+([\w.-]+/[\w.-]+)"
)
# A pod by two words: istio's log labels, CNI's arguments.
CNI_POD_PARTS = expression(
    r"(?:\bns=(?P<ns>[\w.-]+),? name=(?P<name>[\w.-]+)|\bname=(?P<name2>[\w.-]+),? (?:ns|namespace)=(?P<ns2>[\w.-]+)"
    r"|K8S_POD_NAMESPACE=(?P<ns3>[\w.-]+);(?:.*;)?K8S_POD_NAME=(?P<name3>[\w.-]+))"
)
RULE_LIKE = expression(r"^\s*(?:\*|:|#|-[ANIPFX]\s|\[\d+:\d+\]|COMMIT\b|add |flush |insert )")
SIGN = expression(
    r"Final (?:iptables|nftables) state|Istio (?:iptables|nftables) environment|Istio config:|"
    r"Writing following contents to rules file|(?:and|with) the following (?:input|rules)|Istio iptables variables|"
    r"nftables rules programmed|Start (?:iptables|nftables)? ?configuration for|"
    r"^PROXY_(?:PORT|INBOUND_CAPTURE_PORT)=|"
    r"^(?:\d{4}/\d\d/\d\d [\d:]{8} (?:>|:;) |time=\S+ level=\w+ msg=\")(?:/\S+/)?ip6?tables(?:-nft|-legacy)? -t \w+ -[ANI] "
)
# Whose log it is; Istio's where nothing says so.
_MADE_BY = (
    ("linkerd-init", expression(r"\bproxy-init/|\bPROXY_INIT_(?:REDIRECT|OUTPUT)\b")),
    ("kuma-init", expression(r"\bkumactl\b|\bKUMA_MESH_|\bkuma/mesh/")),
)
# What says that the rules of a run are not in force; a clean-up that finds nothing to remove does not.
FAILURE = (
    r"(?P<failure>(?:Failed to execute|Failed to run|failed to (?:run|execute|apply|program|set ?up)|Command error output)[^\n]*"
    r"(?:restore|nft\b|-A |-I |-N )[^\n]*"
    r"|[^\n]*unable to initialize table[^\n]*|[^\n]*iptables-restore[\w.: -]*line \d+ failed[^\n]*"
    r"|[^\n]*Error occurred at line: \d+[^\n]*|[^\n]*can't initialize ip6?tables table[^\n]*"
    r"|[^\n]*Table does not exist \(do you need to insmod[^\n]*|[^\n]*Permission denied \(you must be root\)[^\n]*"
    r"|[^\n]*exit status [1-9]\d*[^\n]*)"
)
_CLEANUP = expression(
    r"-[DFX] |No chain/target/match|clean ?up|iptables-save|does a matching rule exist|Bad rule",
    re.IGNORECASE,
)
_SUCCESS = ("final", "save")


class Segment(Struct):
    """Lines of a log that belong together."""

    kind: str  # "final", "restore", "save", "config", "other"
    family: Family | None = None
    pod: str = ""
    lines: list[tuple[int, str]] = field(default_factory=list)


def is_log(lines: list[str]) -> bool:
    """Whether this is a log of istio-init or istio-cni."""
    return any(SIGN.search(line) for line in lines)


def messages(lines: list[str]) -> list[tuple[int, str, bool]]:
    """(line number, text, is the beginning of a log entry) of every line of every message."""
    found: list[tuple[int, str, bool]] = []
    for number, line in enumerate(lines, 1):
        line = RUNTIME_PREFIX.sub("", POD_PREFIX.sub("", line))
        if (inner := _entry_text(line)) is not None:
            key, text = inner
            lines_in = text.rstrip("\n").split("\n")
            found += [(number, part, key == "msg" and index == 0) for index, part in enumerate(lines_in)]
            continue
        match = LOG_PREFIX.match(line)
        entry = match is not None and match.end() > 0
        found.append((number, line[match.end() :] if match and entry else line, entry))
    return found


LOGFMT = expression(r'^time="[^"]*" level=\w+ (?:.* )?msg=(?P<text>"(?:[^"\\]|\\.)*")')


def _entry_text(line: str) -> tuple[str, str] | None:
    """The text of a structured log line: JSON, or logrus' key=value; None for another line."""
    if line.lstrip().startswith("{"):
        return _json_text(line)
    match = LOGFMT.match(line)
    if match is None:
        return None
    try:
        return "msg", str(json.loads(match["text"]))
    except json.JSONDecodeError:
        return None


def _json_text(line: str) -> tuple[str, str] | None:
    """The text of a JSON log line: istio's own (msg) or Docker's (log)."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    for key in ("msg", "log"):
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            return key, entry[key]
    return None


def segments(lines: list[str]) -> list[Segment]:
    """The log, cut at its headings."""
    found = [Segment("other")]
    pod, before = "", ""
    for number, text, entry in messages(lines):
        pod = _pod_of(text) or pod
        heading = _heading(text, pod)
        if heading is not None:
            found.append(heading)
            continue
        text = text.strip()
        kind = _kind(found[-1].kind, text, entry)
        if kind != found[-1].kind or (kind == "save" and text.startswith("# Generated by")):
            v6 = kind == "save" and "ip6tables" in text + before
            found.append(Segment(kind, Family.V6 if v6 else None, pod))
        found[-1].lines.append((number, text))
        before = text or before
    return found


def _pod_of(text: str) -> str:
    """The pod that a line says the next ones are about; "" for none."""
    if match := CNI_POD.search(text):
        return match[1] or match[2] or ""
    if match := CNI_POD_PARTS.search(text):
        named = match.groupdict()
        namespace = named["ns"] or named["ns2"] or named["ns3"]
        return f"{namespace}/{named['name'] or named['name2'] or named['name3']}"
    return ""


@functools.cache
def _failure() -> Any:
    """On RE2: a pattern that begins with anything is quadratic on a long line elsewhere."""
    import re2

    return re2.compile(FAILURE)


def failure_of(cut: list[Segment]) -> str:
    """What says that the last run failed; "" when none did, or a later one went well."""
    found = ""
    for segment in cut:
        if segment.kind in _SUCCESS and any(text.strip() for _, text in segment.lines):
            found = ""
        for _, text in segment.lines if segment.kind not in ("restore", "final", "save") else ():
            match = _failure().search(text)
            if match and not _CLEANUP.search(text):
                found = found or " ".join(match.group("failure").split())[:200]
    return found


def _kind(current: str, text: str, entry: bool) -> str:
    """The kind of segment a line belongs to, given the one before it."""
    if OWN_COMMAND.match(text):
        return "commands"
    if text.startswith("# Generated by") and current != "final":
        return "save"
    if not text or (not entry and current == "other" and not SETTING.match(text)):
        return current
    if current in ("final", "save", "restore", "nft") and RULE_LIKE.match(text) and not entry:
        return current
    return "config" if SETTING.match(text) else "other"


def _restores(text: str) -> bool:
    """Whether a line says that what follows it is given to iptables-restore. Each search starts at one place: linear."""
    if WRITES in text:
        return True
    match = RUNS.search(text)
    return match is not None and "tables" in match[1] and FOLLOWS.search(text, match.end()) is not None


def _heading(text: str, pod: str) -> Segment | None:
    if match := FINAL.search(text):
        return Segment("final", Family.V6 if match[1] == "IPv6" else Family.V4, pod)
    if _restores(text):
        return Segment("restore", Family.V6 if "ip6tables" in text else Family.V4, pod)
    if PROGRAMMED.search(text):
        return Segment("nft", None, pod)
    if CONFIG.match(text.strip()):
        return Segment("config", pod=pod)
    return None


def read_log(lines: list[str], draft: RuleSetDraft, pod: str | None = None) -> RuleSet:
    """The rules of a log, and its settings as facts."""
    cut = segments(lines)
    cut = _of_one_pod(cut, draft, pod)
    for segment in cut:
        for _, text in segment.lines:
            if segment.kind in ("config", "other") and (match := SETTING.match(text.strip())):
                draft.facts[match[1]] = match[2].strip()
    draft.failure = failure_of(cut)
    chosen = _in_force(cut, draft)
    if chosen:
        _read_rules(chosen, draft, chosen[0].kind)
    else:
        draft.note(0, "the log holds no rules, only settings" if draft.facts else "the log holds no rules")
    draft.facts["log"] = _made_by(cut)
    if draft.facts.get("ENABLE_INBOUND_IPV6", "").lower() == "false":
        draft.covers |= set(Family)  # Istio says that it made no IPv6 rules
    return draft.finish()


def _in_force(cut: list[Segment], draft: RuleSetDraft) -> list[Segment]:
    """The segments, of one kind, that say what a run left: the state it shows at its end, else what it applied."""
    filled = [segment for segment in cut if any(text.strip() for _, text in segment.lines)]
    shown = max((at for at, segment in enumerate(filled) if segment.kind in _SUCCESS), default=-1)
    applied = [segment for segment in filled[shown + 1 :] if _applies(segment)]
    if applied and any(text.startswith("-A") for segment in filled[: shown + 1] for _, text in segment.lines):
        draft.facts.setdefault(CUT, "rules that were there before this run")
    kinds, among = (("nft", "restore", "commands"), applied) if applied else (_SUCCESS, filled)
    for kind in kinds:
        if found := [segment for segment in among if segment.kind == kind]:
            return found
    return []


def _applies(segment: Segment) -> bool:
    """Whether it adds rules; a clean-up only removes some."""
    return segment.kind in ("nft", "restore") or (
        segment.kind == "commands" and any(re.search(r" -[AI] ", text) for _, text in segment.lines)
    )


def _made_by(cut: list[Segment]) -> str:
    if any(segment.pod for segment in cut):
        return "istio-cni"
    texts = [text for segment in cut for _, text in segment.lines]
    return next((name for name, sign in _MADE_BY if any(map(sign.search, texts))), "istio-init")


def pods_named(lines: list[str]) -> list[str]:
    """The pods that a log is about, in its order."""
    return list(dict.fromkeys(segment.pod for segment in segments(lines) if segment.pod))


def _of_one_pod(cut: list[Segment], draft: RuleSetDraft, pod: str | None) -> list[Segment]:
    pods = list(dict.fromkeys(segment.pod for segment in cut if segment.pod))
    if pod is not None:
        own = [segment for segment in cut if segment.pod == pod or segment.pod.endswith("/" + pod)]
        if own:
            return own
        if pods:
            draft.note(0, f"the log says nothing of pod {pod}")
            return []
    if len(pods) > 1:
        draft.note(0, f"the log is about {len(pods)} pods; these are the rules of the last one, {pods[-1]}")
        return [segment for segment in cut if segment.pod == pods[-1]]
    return cut


def _repeats(earlier: Segment, later: Segment) -> bool:
    """Whether a table is saved again: a second save, which replaces the first."""
    tables = [{text for _, text in segment.lines if text.startswith("*")} for segment in (earlier, later)]
    return bool(tables[0] & tables[1])


def _read_rules(chosen: list[Segment], draft: RuleSetDraft, kind: str) -> None:
    latest: dict[Family, Segment] = {}
    for segment in chosen:
        family = segment.family or Family.V4
        if kind == "save" and family in latest and not _repeats(latest[family], segment):
            latest[family].lines += segment.lines  # one save per table, each with its own heading
        else:
            latest[family] = segment
    if kind == "nft":
        _read_nft(chosen[-1], draft)
        return
    if kind == "commands":
        reader = SaveReader(draft)
        for number, text in (line for segment in chosen for line in segment.lines):
            reader.feed(number, text.lstrip("+ "))
        reader.end()
        return
    for family, segment in latest.items():
        if kind != "final" and any(text.startswith(("add ", "flush ")) for _, text in segment.lines):
            continue
        reader = SaveReader(draft, family)
        if kind == "restore":
            reader.backend = Backend.UNKNOWN
        for number, text in segment.lines:
            if text.strip() and not reader.feed(number, text):
                draft.note(number, f"not understood: {text.strip()[:80]}")
        reader.end()
        draft.covers.add(family)


def _read_nft(segment: Segment, draft: RuleSetDraft) -> None:
    """The commands that nft was given, at their line numbers."""
    from meshctl.netfilter.read.nft_text import fill

    last = max(number for number, _ in segment.lines)
    lines = [""] * last
    for number, text in segment.lines:
        lines[number - 1] = text
    fill("\n".join(lines), draft)
