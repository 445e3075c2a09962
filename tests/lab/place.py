"""Where a lab lives: its run folder, its namespaces, and how both are swept when their maker was killed.

Everything a lab makes carries its name: namespaces ``meshlab-NAME-*`` and the folder ``meshctl-lab/NAME`` in the
temporary folder (not in XDG_RUNTIME_DIR, which only its owner may enter, and Envoy is another user). Interfaces, addresses and rules live inside the namespaces. So whoever
knows the name can remove everything, also after kill -9: processes are found by the namespaces they run in.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

PREFIX = "meshlab-"
PROGRAMS = ("ip", "iptables-nft-restore", "iptables-nft-save", "nft", "nginx")


class LabError(Exception):
    """The lab cannot be made or used; the text is for the user."""


def root() -> pathlib.Path:
    return pathlib.Path(tempfile.gettempdir()) / "meshctl-lab"


def folder(name: str) -> pathlib.Path:
    return root() / name


def why_not() -> str | None:
    """Why no lab can be made here; None when it can."""
    if os.geteuid() != 0:
        return "the lab needs root: it makes network namespaces and netfilter rules in them"
    for program in PROGRAMS:
        if shutil.which(program) is None:
            return f"the lab needs {program} (iptables nftables iproute2 nginx-light)"
    trial = f"{PREFIX}try{os.getpid()}"
    done = subprocess.run(["ip", "netns", "add", trial], capture_output=True, text=True)
    if done.returncode:
        return f"network namespaces cannot be made: {done.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", trial], capture_output=True)
    return None


def require() -> None:
    if (reason := why_not()) is not None:
        raise LabError(reason)


def namespaces(name: str) -> list[str]:
    """The namespaces of a lab."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    return re.findall(rf"^({PREFIX}{re.escape(name)}-\S+)", listed, re.MULTILINE)


def start_time(pid: int) -> str | None:
    """When a process began, in the kernel's ticks: tells a process from a later one with the same number."""
    with contextlib.suppress(OSError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    return None


def claim(name: str) -> pathlib.Path:
    """Make the run folder of a lab, with this process as its keeper in it from the first moment on."""
    if not re.fullmatch(r"[a-z0-9_]{1,24}", name):
        raise LabError(f"a lab's name is made of small letters, digits and _, not {name!r}")
    place = folder(name)
    draft = place.with_name(f".{name}.{os.getpid()}")
    draft.mkdir(parents=True, mode=0o755, exist_ok=True)
    (draft / "keeper").write_text(f"{os.getpid()} {start_time(os.getpid())}\n")
    try:
        draft.rename(place)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise LabError(f"a lab named {name!r} is up already") from error
    return place


def keeper(name: str) -> int | None:
    """The process that keeps a lab, if it still runs."""
    with contextlib.suppress(OSError, ValueError):
        pid, began = (folder(name) / "keeper").read_text().split()
        if start_time(int(pid)) == began:
            return int(pid)
    return None


def _end(pids: list[int], seconds: float) -> None:
    """Ask processes to end, then make them."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while pids and time.monotonic() < deadline:
            pids = [pid for pid in pids if start_time(pid) is not None]
            time.sleep(0.02)


def remove(name: str, *, keeper_too: bool = True) -> None:
    """Take away everything of a lab: its keeper, the processes in its namespaces, the namespaces, the folder."""
    pid = keeper(name)
    if keeper_too and pid is not None and pid != os.getpid():
        _end([pid], 15)
    for namespace in namespaces(name):
        # The keeper itself may have had threads inside; only other processes are ended.
        inside = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
        _end([int(p) for p in inside.stdout.split() if int(p) != os.getpid()], 2)
        subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
    shutil.rmtree(folder(name), ignore_errors=True)
    with contextlib.suppress(OSError):
        root().rmdir()


def sweep() -> None:
    """Remove every lab whose keeper no longer runs."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    names = set(re.findall(rf"^{PREFIX}([^\s-]+)-", listed, re.MULTILINE))
    if root().is_dir():
        names |= {place.name for place in root().iterdir() if not place.name.startswith(".")}
    for name in names:
        if keeper(name) is None:
            remove(name)
