"""What a person sees while something takes long, and what several proxies at once report: on stderr only.

A display lives as long as a fetch: it appears on a terminal when a fetch is running a second after the command
began, and goes with the last one that runs. It never touches stdout and never hides the cursor, so nothing has to
be put right after a signal. rich is imported when it is shown, not before. Proxies that could not be
asked cost the command's exit code, not its output; they are told when the command ends, behind what it printed.
"""

from __future__ import annotations

import sys
import time
from _thread import RLock  # threading, whose this is, costs a small table a fiftieth of its time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from meshctl.errors import MeshctlError
from meshctl.plain import visible

DELAY = 1.0
_TOLD_AT_MOST = 20


def bar(*columns: Any, transient: bool) -> Any:
    """A rich progress bar on stderr that leaves stdout and the cursor alone."""
    from rich.console import Console
    from rich.progress import Progress

    class Terminal(Console):
        def show_cursor(self, show: bool = True) -> bool:
            return False  # a process that is killed could not show it again

    return Progress(
        *columns,
        console=Terminal(stderr=True),
        transient=transient,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class TerminalProgress:
    """A Progress for a command: a line on a terminal once it takes longer than a second, silence elsewhere.

    As a context manager it ends whatever is still shown, also when threads are left behind in a fetch.
    """

    def __init__(self) -> None:
        self._failed: list[tuple[str, MeshctlError]] = []
        self._lock = RLock()
        self._began = time.monotonic()
        self._watched = sys.stderr.isatty()
        self._running: list[str] = []
        self._received = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._watched = False
            self._hide()
            failed, self._failed = self._failed, []
        self._tell(failed)

    @property
    def failures(self) -> int:
        return len(self._failed)

    def _tell(self, failed: list[tuple[str, MeshctlError]]) -> None:
        """Which proxies could not be asked, and why: the last thing that is said."""
        for proxy, error in failed[:_TOLD_AT_MOST]:
            first, *rest = error.lines()
            sys.stderr.write("\n".join([f"{visible(proxy)}: {first}", *rest]) + "\n")
        if len(failed) > _TOLD_AT_MOST:
            others = ", ".join(visible(proxy) for proxy, _ in failed[_TOLD_AT_MOST:])
            sys.stderr.write(f"and {len(failed) - _TOLD_AT_MOST} more could not be asked: {others}\n")

    @contextmanager
    def fetching(self, what: str) -> Iterator[None]:
        """Something is asked for as long as the context lasts."""
        if not self._watched:
            yield
            return
        import threading

        alarm = threading.Timer(max(0.0, self._began + DELAY - time.monotonic()), self._show)
        alarm.daemon = True
        with self._lock:
            self._running.append(what)
            self._describe()
            alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
            with self._lock:
                self._running.remove(what)
                self._describe()
                if not self._running:
                    self._hide()

    def advance(self, count: int) -> None:
        with self._lock:
            self._received += count
            if self._bar is not None:
                self._bar.update(self._task, completed=self._received)

    def _describe(self) -> None:
        if self._bar is not None and self._running:
            others = f" and {len(self._running) - 1} more" if len(self._running) > 1 else ""
            self._bar.update(self._task, description=self._running[-1] + others)

    def _show(self) -> None:
        from rich.progress import DownloadColumn, SpinnerColumn, TextColumn, TransferSpeedColumn

        with self._lock:
            if self._bar is not None or not self._watched or not self._running:
                return
            self._bar = bar(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                DownloadColumn(),
                TransferSpeedColumn(),
                transient=True,
            )
            self._task = self._bar.add_task("", total=None, completed=self._received)
            self._describe()
            self._bar.start()

    def _hide(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _write(self, text: str) -> None:
        """A line above what is shown."""
        with self._lock:
            if self._bar is None:
                sys.stderr.write(text)
            else:
                self._bar.console.print(text, end="", markup=False, highlight=False, soft_wrap=True)

    def told(self, sentence: str) -> None:
        self._write(f"warning: {visible(sentence)}\n")

    def failed(self, proxy: str, error: MeshctlError) -> None:
        with self._lock:
            self._failed.append((proxy, error))
