"""What a person sees while something takes long, and what several proxies at once report: on stderr only.

The bar appears on a terminal after one second; rich is imported then, not before. ``failures`` counts the
proxies that could not be asked: they cost the command's exit code, not its output.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from meshctl.errors import MeshctlError

DELAY = 1.0


class TerminalProgress:
    """A Progress for a command: a bar on a terminal once it takes longer than a second, silence elsewhere."""

    def __init__(self) -> None:
        self.failures = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._received = 0
        self._what = ""
        self._bar: Any = None
        self._task: Any = None

    def start(self, what: str) -> None:
        with self._lock:
            self._what = what
            if self._bar is not None:
                self._bar.update(self._task, description=what)

    def advance(self, count: int) -> None:
        with self._lock:
            self._received += count
            if self._bar is None:
                if not sys.stderr.isatty() or time.monotonic() - self._began < DELAY:
                    return
                self._show()
            self._bar.update(self._task, completed=self._received)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task(self._what, total=None)

    def stop(self) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def told(self, sentence: str) -> None:
        with self._lock:
            sys.stderr.write(f"warning: {sentence}\n")

    def failed(self, proxy: str, error: MeshctlError) -> None:
        with self._lock:
            self.failures += 1
            first, *rest = error.lines()
            sys.stderr.write("\n".join([f"{proxy}: {first}", *rest]) + "\n")
