"""What stands around a paste, taken off: encodings, colours, prompts, prefixes, fences, progress meters.

Theory of operation. A dump or a log reaches a bug report through a terminal, ``kubectl``, a log collector or a
web form, and each leaves its marks: line by line (stern's and CRI's prefixes, k9s' frame, a mail's quote
marks), around the text (Markdown's fence, a shell's prompt, kubectl's "Defaulted container"), or in it (colours,
curl's progress meter, which a terminal mixes into the answer). ``unframed`` gives the lines without them. A line
that is only a frame becomes empty, so line numbers stay those of the file; what was taken off is told once a kind.
"""

from __future__ import annotations

import codecs
import html
import itertools
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from meshctl.errors import InputError

ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])")
HTML_ESCAPE = re.compile(r"&(?:gt|lt|amp|quot|nbsp|#\d+|#x[0-9a-fA-F]+);")
_INVISIBLE = str.maketrans({"\ufeff": None, "\u200b": None, "\xa0": " ", "\u2028": "\n"})

# Lines that are no part of what was pasted.
NOISE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("curl's progress meter", r"^\s*% Total\s+% Received.*|^\s*Dload\s+Upload\s.*"),
        (
            "curl's progress meter",
            r"^\s*\d{1,3}\s+[\d.]+[kMGT]?\s+\d{1,3}\s+[\d.]+[kMGT]?\s.*(?:--:--:--|\d:\d\d:\d\d).*",
        ),
        ("wget's progress", r"^\s*\S* *\d{1,3}% ?(?:\[?[=>|*-]+ *>?\]?|\|\*+ *\|).*"),
        (
            "a message of kubectl",
            r"^(?:Defaulted container |Defaulting container name|Unable to use a TTY|"
            r"command terminated with exit code|Use 'kubectl describe|Forwarding from |"
            r"Handling connection for |If you don't see a command prompt).*",
        ),
        ("a message of kubectl", r"^[EWI]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+\.go:\d+\].*"),
        ("a fence", r"^\s*(?:```|~~~)[\w+.-]*\s*$|^\s*\{(?:code|noformat)(?::[^}]*)?\}\s*$"),
        (
            "a fence",
            r"^\s*</?(?:details|summary|pre|code|p|br|div)(?:\s[^>]*)?>(?:[^<]{0,80}</summary>)?\s*$",
        ),
        ("the head of an HTTP answer", r"^(?:HTTP/[\d.]+ +)?[1-5]\d\d(?: [A-Za-z ]+)?\s*$"),
        (
            "the head of an HTTP answer",
            r"^(?i:content-type|content-length|cache-control|x-[\w-]+|server|date|transfer-encoding|"
            r"connection|etag|vary): .*",
        ),
        ("the program's own warnings", r"^(?:[Ww]arning|Note): .*"),
    )
)
# What a shell prints before the command that made the output.
PROMPT = re.compile(
    r"^\s*(?:\([\w.-]+\)\s*)?(?:"
    r"\[?[\w.-]+@[\w.-]+[: ][^#$%\]]*\]?[#$%] ?"
    r"|(?:bash|sh)-[\d.]+[#$] ?"
    r"|/ ?[#$] "
    r"|[\w./~-]{0,40} ?[❯➜»]\s+"
    r"|PS [A-Z]:\\[^>]*> ?"
    r"|[$%] (?=\S)"
    r"|[#>] ?(?=(?:sudo |kubectl |oc |istioctl |curl |iptables|ip6tables|nft |docker |nsenter |crictl )\S*)"
    r")"
)
_COMMAND = re.compile(
    r"^(?:sudo +)?(?:kubectl|oc|k|istioctl|meshctl|curl|wget|docker|crictl|nerdctl|nsenter|podman|cat|pbpaste|"
    r"ssh|minikube|pilot-agent)\s+\S.*"
)
PASTED = re.compile(r"^\s*(?:>\s?)+")

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
# What a tool puts before every line; the first that stands before nearly all of them is taken off.
PREFIXES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("kubectl's prefix", r"^\[?pod/\S+\]? ?"),
        ("a container runtime's prefix", rf"^\s*{_TIME} (?:stdout|stderr) [FP] ?"),
        (
            "journald's prefix",
            rf"^(?:[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d|{_TIME}) [\w.-]+ [\w./@-]+(?:\[\d+\])?: ?",
        ),
        ("k9s' frame", r"^\s*[│|┃] ?"),
        (
            "stern's prefix",
            r"^(?:\+ )?(?=[a-z0-9.-]*[a-z0-9]-[a-z0-9.-]*[a-z0-9] )[a-z0-9][a-z0-9.-]+ (?:[›>|] ?)?"
            r"(?:(?:install-cni|istio-init|istio-proxy|istio-validation|istio-cni|app|ztunnel|[a-z0-9-]+)(?: [›>|])? "
            r"(?=\d{4}-|[A-Z_]+=|[*:#-]|COMMIT))?",
        ),
        ("a bracketed prefix", r"^\[[\w./-]{3,80}\]:? "),
        ("docker compose's prefix", r"^[\w.-]+ +\| ?"),
        ("a line number", r"^\s*\d{1,6}(?:[:│|]| {2}|\t)\s?"),
    )
)
_TIME_ALONE = re.compile(rf"^{_TIME} (?=\S)")
_MOST = 0.9  # of the lines that have anything in them
_SAMPLE = 2000


class Unframed(NamedTuple):
    """The lines of a text without its frames, and the kinds of frames that were there."""

    lines: list[str]
    taken_off: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def decoded(data: bytes | memoryview, origin: str) -> tuple[str, list[str]]:
    """The bytes as text, and what was odd about them. Raises InputError for broken UTF-16."""
    data = bytes(data)
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace"), ["a byte order mark"]
    looks_wide = data[1:2] == b"\0" or data[:1] == b"\0"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or looks_wide:
        encoding = (
            "utf-16"
            if data[:2] in (b"\xff\xfe", b"\xfe\xff")
            else ("utf-16-be", "utf-16-le")[data[:1] != b"\0"]
        )
        try:
            return data.decode(encoding), ["the encoding UTF-16"]
        except UnicodeDecodeError as error:
            raise InputError(f"{origin} begins as UTF-16 but is not", str(error)) from error
    try:
        return data.decode(), []
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace"), ["bytes that are no UTF-8; they are shown as \ufffd"]


def unframed(text: str) -> Unframed:
    """The text's lines as they were before it was pasted."""
    found: dict[str, None] = {}
    if ANSI.search(text):
        found["colours"] = None
        text = ANSI.sub("", text)
    text = text.translate(_INVISIBLE).replace("\r\r\n", "\n").replace("\r\n", "\n")
    lines = [_redrawn(line, found) if "\r" in line else line for line in text.split("\n")]
    if sum(1 for line in lines[:_SAMPLE] if HTML_ESCAPE.search(line)) and '"configs"' not in text[:2000]:
        found["HTML's escapes"] = None
        lines = [html.unescape(line) for line in lines]
    lines = _without_docker(lines, found)
    lines = _without_prefixes(lines, found)
    return Unframed([_without_noise(line, found) for line in lines], list(found))


def _redrawn(line: str, found: dict[str, None]) -> str:
    """A line that a program wrote over with carriage returns: what is left when its meters are gone."""
    return "".join(part for part in line.split("\r") if not _is_noise(part, found))


def _is_noise(line: str, found: dict[str, None]) -> bool:
    for what, pattern in NOISE:
        if pattern.match(line):
            found[what] = None
            return True
    return False


def _without_noise(line: str, found: dict[str, None]) -> str:
    if not line or (line[0] in " \t-*:{}[" and "%" not in line and "--:--" not in line):
        return line if not line.strip().startswith(("```", "~~~", "{code", "{noformat")) else ""
    if _is_noise(line, found):
        return ""
    prompt = PROMPT.match(line)
    if prompt:
        command = line[prompt.end() :].strip()
        if _COMMAND.match(command) or not command:
            found["a shell's prompt"] = None
            return _iptables_of(command)
        if re.match(r"(?:sudo )?(?:ip6?tables|nft)\b", command):
            return command.removeprefix("sudo ")
        return line
    if _COMMAND.match(line):
        found["a command line"] = None
        return _iptables_of(line)
    return line


def _iptables_of(command: str) -> str:
    """The iptables command inside another (``kubectl exec … -- iptables -t nat -S``): it names table and family."""
    inner = re.search(r"\b(ip6?tables(?:-legacy|-nft)?(?:-save)?(?: +-[^\n|;&\"']*)?)", command)
    return inner[1].strip() if (inner and " -- " in command) or (inner and "nsenter" in command) else ""


def _without_docker(lines: list[str], found: dict[str, None]) -> list[str]:
    """The lines in a file of Docker's json-file log driver: ``{"log": "…\\n", "stream": …, "time": …}`` each."""
    sample = [line for line in lines[:_SAMPLE] if line.strip()]
    if not sample or not all(line.startswith('{"log":') for line in sample):
        return lines
    import json

    try:
        inner = [str(json.loads(line)["log"]).rstrip("\n") if line.strip() else "" for line in lines]
    except (ValueError, KeyError, TypeError):
        return lines
    found["Docker's log format"] = None
    return inner


def _without_prefixes(lines: list[str], found: dict[str, None]) -> list[str]:
    """The lines without what a tool put before each, one tool after the other (a time behind a pod's name)."""
    for _ in range(3):
        taken = _one_prefix(lines)
        if taken is None:
            return lines
        what, strip = taken
        found[what] = None
        lines = [strip(line) for line in lines]
    return lines


def _one_prefix(lines: Sequence[str]) -> tuple[str, Callable[[str], str]] | None:
    sample = [line for line in lines[:_SAMPLE] if line.strip()]
    if len(sample) < 3:
        return None
    for what, pattern in (*PREFIXES, ("a time before each line", _TIME_ALONE), ("quote marks", PASTED)):
        hits = sum(1 for line in sample if pattern.match(line))
        if hits >= _MOST * len(sample):
            if what == "k9s' frame":
                return what, lambda line: re.sub(r"^\s*[│|┃] ?|\s*[│|┃]\s*$", "", line)
            if what == "a time before each line" and not _time_is_added(sample):
                continue
            if what == "a line number" and not _counts_up(sample):
                continue
            return what, lambda line, pattern=pattern: pattern.sub("", line, count=1)
    return None


def _time_is_added(sample: Sequence[str]) -> bool:
    """Whether the time stands before lines that never have one of their own (``kubectl logs --timestamps``)."""
    rests = [_TIME_ALONE.sub("", line) for line in sample]
    return any(_TIME_ALONE.match(rest) or re.match(r"[-*:#{}]|[A-Z_]+=|COMMIT", rest) for rest in rests)


def _counts_up(sample: Sequence[str]) -> bool:
    numbers = [int(match[1]) for line in sample if (match := re.match(r"\s*(\d{1,6})", line))]
    return len(numbers) > 3 and all(b - a in (1, 2) for a, b in itertools.pairwise(numbers))
