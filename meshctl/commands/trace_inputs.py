"""What ``meshctl trace`` works on: pods from a folder or snapshot, from single files, or from the cluster."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from meshctl.commands.globals import Globals
from meshctl.envoy.notes import Notes
from meshctl.errors import InputError, UsageError
from meshctl.plain import visible
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod

if TYPE_CHECKING:
    from meshctl.reader.given import Given
    from meshctl.reader.parts import RuleText
    from meshctl.sources.kube import KubeCluster
    from meshctl.sources.trace_pods import RecordPods

_ADMIN_PORT = 15000


class Inputs:
    """The pods of one run of the command; a context manager, because a cluster must be let go of."""

    def __init__(
        self,
        options: Globals | None,
        pod: str | None,
        files: tuple[str, ...],
        rules: tuple[str, ...],
        peers: tuple[str, ...],
        peer_rules: tuple[str, ...],
        directory: str | None,
        floor: float = 0.0,
    ) -> None:
        self.notes = Notes()
        self._options = options or Globals()
        self._pod = pod
        self._files, self._rules = files, rules
        self._peers, self._peer_rules = peers, peer_rules
        self._directory = directory
        self._floor = floor
        self._cluster: KubeCluster | None = None
        self._live = contextlib.ExitStack()
        self._first: Given | None = None
        if directory and (files or peers):
            raise UsageError("--dir and -f exclude each other")
        if (rules or peers or peer_rules) and not files:
            raise UsageError(
                "--rules, --peer and --peer-rules need -f", "", "-f names the dump of the pod itself."
            )
        self.source = self._open()

    def __enter__(self) -> Inputs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.close()

    def _open(self) -> RecordPods:
        from meshctl.sources.file import open_given
        from meshctl.sources.trace_pods import RecordPods

        paths = (self._directory,) if self._directory else self._files
        if paths:
            given = open_given(paths, self._options.namespace, self._pod or "")
            given.add_rules(self._rule_texts(self._rules))
            return self._saved(given)
        from meshctl.commands.progress import TerminalProgress
        from meshctl.sources.live import cluster_of
        from meshctl.sources.live_records import LiveRecords

        self._cluster = self._live.enter_context(contextlib.closing(cluster_of(self._options)))
        progress = self._live.enter_context(TerminalProgress())
        return RecordPods(LiveRecords(self._cluster, _ADMIN_PORT, progress), self.notes)

    def _saved(self, given: Given) -> RecordPods:
        """Pods of folders, archives and files, with those of --peer: the n-th rules belong to the n-th peer."""
        from meshctl.sources.file import open_given
        from meshctl.sources.trace_pods import RecordPods

        if len(self._peer_rules) > len(self._peers):
            raise UsageError("more --peer-rules than --peer")
        self._first = given
        for index, peer in enumerate(self._peers):
            other = open_given((peer,), self._options.namespace)
            other.add_rules(self._rule_texts(self._peer_rules[index : index + 1]))
            given.join(other)
        self.notes.merge(given.notes)
        _refuse_useless(given)
        return RecordPods(given, self.notes)

    def _rule_texts(self, paths: tuple[str, ...]) -> list[RuleText]:
        """What --rules names; raises where that holds no rules."""
        from meshctl.sources.file import open_rules

        return [text for path in paths for text in open_rules(path)]

    def journey(self, *, silent: bool) -> Journey:
        """Who walks; silent: without the steps in words."""
        return Journey(self.source, silent=silent, floor=self._floor)

    @property
    def first(self) -> Pod:
        """The pod a single request starts in."""
        if self._first is not None and self._first.own:
            if self._first.plain or not self._pod:
                if len(self._first.own) == 1:
                    return self.source.of(self._first.own[0])
            else:
                return self.source.by_name(self._pod)
        elif self._pod:
            return self.source.by_name(self._pod)
        raise UsageError("which pod?", "The request must start in a pod.", "Run `meshctl trace POD URL`.")

    def log(self) -> Iterable[bytes]:
        """The lines of the access log of the first pod: its proxy's container, live or as it was saved."""
        from meshctl.sources.proxy_log import live_log, saved_log

        if self._cluster is not None:
            return live_log(self._cluster, self._pod or "")
        assert self._first is not None
        return saved_log(self._first, self._pod)

    def pod(self, name: str) -> Pod:
        """A pod by name; raises when there is none."""
        found = self.source.by_name(name)
        if found is None:
            raise InputError(f"there is no pod {name!r} in what was given")
        return found

    def warn(self) -> None:
        """Everything that was met and not understood, once each, on stderr."""
        for line in self.notes.lines():
            sys.stderr.write(f"Warning: {visible(line)}\n")


def _refuse_useless(given: Given) -> None:
    """What was given must hold an Envoy or a pod's rules somewhere; raises what it is instead."""
    from meshctl.reader.given import refusal
    from meshctl.reader.parts import PassedOver
    from meshctl.reader.recognise import UNKNOWN
    from meshctl.sources.file import without_envoy

    own = given.own[0] if len(given.own) == 1 else None
    if own is not None and not own.told and not own.has_envoy:
        raise without_envoy(given, own)
    if not given.pods:
        raise refusal(given.passed or [PassedOver(given.origin, UNKNOWN)], "answer of an Envoy")
