"""Rules and logs as they are pasted: what a tool, a terminal or a log collector put around them is taken off."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

import pytest

from tests.cli import run
from tests.unit.netfilter.test_unseen import SAVE

LOG = f"""\
2023-06-12T20:59:22.598412Z\tinfo\tcni\t============= Start iptables configuration for app-5d9c7-x7k2p =============
2023-06-12T20:59:22.598590Z\tinfo\tcni\tIstio iptables environment:
ENVOY_PORT=
PROXY_PORT=15001
2023-06-12T20:59:22.600000Z\tinfo\tcni\tFinal iptables state (IPv4):
{SAVE}2023-06-12T20:59:22.610000Z\tinfo\tcni\tdone
"""


def each(prefix: str, behind: str = "") -> Callable[[str], str]:
    return lambda text: "\n".join(f"{prefix}{line}{behind}" for line in text.rstrip("\n").split("\n")) + "\n"


FRAMES: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "a Markdown fence": lambda text: f"Here it is:\n```bash\n{text}```\n",
    "a mail's quote marks": each("> "),
    "a prompt": lambda text: f"root@node-1:~# iptables-save\n{text}root@node-1:~# \n",
    "kubectl's prefix": each("[pod/app-0/istio-init] "),
    "kubectl's time": each("2024-02-21T07:43:45.387748123Z "),
    "CRI": each("2024-02-21T07:43:45.387748123Z stdout F "),
    "Docker": lambda text: "".join(
        json.dumps({"log": line + "\n", "stream": "stdout", "time": "2024-02-21T07:43:45Z"}) + "\n"
        for line in text.rstrip("\n").split("\n")
    ),
    "journald": each("Nov 02 06:49:43 node-1 istio-init[4711]: "),
    "stern": each("app-5d9c7-x7k2p istio-init "),
    "stern's arrow": each("app-5d9c7-x7k2p › "),
    "k9s": each("│ ", " │"),
    "colours": each("\x1b[32m", "\x1b[0m"),
    "HTML's escapes": lambda text: text.replace('"', "&quot;") + "&gt; end\n",
}


@pytest.mark.parametrize("text", [SAVE, LOG], ids=["save", "log"])
@pytest.mark.parametrize("frame", FRAMES)
def test_rules_are_read_in_every_frame(frame: str, text: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_bytes(FRAMES[frame](text).encode())
    found = run(
        "capture", "walk", "-f", str(path), "--from", "app", "--to", "10.1.1.1:80", "--pod-ip", "10.244.0.5"
    )
    assert "=> REDIRECT to 15001" in found.out, found.err + found.out


ONE_LINE = [
    ("msg of JSON", lambda text: json.dumps({"level": "info", "time": "2024-01-01T00:00:00Z", "msg": text}) + "\n"),
    ("logrus", lambda text: f'time="2024-01-01T00:00:00Z" level=info msg={json.dumps(text)}\n'),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "make"), ONE_LINE, ids=[o[0] for o in ONE_LINE])
def test_rules_with_escaped_newlines_in_one_line(
    frame: str, make: Callable[[str], str], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "paste.log"
    path.write_text(make(f"Running iptables-restore with the following input:\n{SAVE}"))
    found = run(
        "capture", "walk", "-f", str(path), "--from", "app", "--to", "10.1.1.1:80", "--pod-ip", "10.244.0.5"
    )
    assert "=> REDIRECT to 15001" in found.out, found.err + found.out


def test_commit_with_what_it_was_run_with(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_text(SAVE.replace("COMMIT\n", 'COMMIT pid=12 uid="0"\n'))
    found = run(
        "capture", "walk", "-f", str(path), "--from", "app", "--to", "10.1.1.1:80", "--pod-ip", "10.244.0.5"
    )
    assert "=> REDIRECT to 15001" in found.out, found.err


def test_a_log_of_several_pods_has_a_rule_set_each(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "cni.log"
    other = LOG.replace("app-5d9c7-x7k2p", "db-0").replace("15001", "16001")
    path.write_text(LOG + other)
    for pod, port in (("app-5d9c7-x7k2p", 15001), ("db-0", 16001)):
        found = run(
            "capture",
            "walk",
            pod,
            "-f",
            str(path),
            "--from",
            "app",
            "--to",
            "10.1.1.1:80",
            "--pod-ip",
            "10.244.0.5",
        )
        assert f"=> REDIRECT to {port}" in found.out, found.err + found.out
