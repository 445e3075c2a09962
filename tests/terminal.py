"""A command on a terminal of a given width: what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

# what a person's own settings must not decide
_SETTINGS = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "PAGER", "LESS")


def typed(*words: str, columns: int = 80, **env: str) -> tuple[int, str]:
    """The exit code and what is on the terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    own = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    process = subprocess.Popen(
        [sys.executable, "-m", "meshctl", *words],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        env={**own, "TERM": "xterm", **env},
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        seen += data
    os.close(master)
    return process.wait(), seen.decode().replace("\r\n", "\n")
