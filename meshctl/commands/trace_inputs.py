"""What ``meshctl trace`` works on: pods from a folder or snapshot, from single files, or from the cluster."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from meshctl.commands.globals import Globals
from meshctl.envoy.notes import Notes
from meshctl.errors import InputError, UsageError
from meshctl.trace.pods import Pod, Pods, PodSource

if TYPE_CHECKING:
    from meshctl.sources.kube import Cluster

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
    ) -> None:
        self.notes = Notes()
        self._options = options or Globals()
        self._pod = pod
        self._files, self._rules = files, rules
        self._peers, self._peer_rules = peers, peer_rules
        self._directory = directory
        self._cluster: Cluster | None = None
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
        if self._cluster is not None:
            self._cluster.close()

    def _open(self) -> PodSource:
        from meshctl.sources.file import open_bundle
        from meshctl.sources.trace_pods import RecordPods

        if self._directory:
            from meshctl.sources.saved import open_records

            return RecordPods(open_records(self._directory, self._options.namespace), self.notes)
        if self._files:
            import pathlib

            first = pathlib.Path(self._files[0])
            if self._files[0] != "-" and first.exists() and open_bundle(first) is not None:
                from meshctl.sources.saved import open_records

                return RecordPods(open_records(self._files[0], self._options.namespace), self.notes)
            return self._single_files()
        from meshctl.commands.progress import TerminalProgress
        from meshctl.sources.live import cluster_of
        from meshctl.sources.record import LiveRecords

        self._cluster = cluster_of(self._options)
        return RecordPods(LiveRecords(self._cluster, _ADMIN_PORT, TerminalProgress()), self.notes)

    def _single_files(self) -> PodSource:
        """-f/--rules and --peer/--peer-rules: the n-th rules belong to the n-th peer."""
        if len(self._peer_rules) > len(self._peers):
            raise UsageError("more --peer-rules than --peer")
        pods = [self._file_pod(self._files, self._rules, self._pod or "")]
        for index, peer in enumerate(self._peers):
            pods.append(self._file_pod((peer,), self._peer_rules[index : index + 1], ""))
        return Pods(pods)

    def _file_pod(self, files: tuple[str, ...], rules: tuple[str, ...], name: str) -> Pod:
        from meshctl.sources.capture import read_text
        from meshctl.sources.file import read_path
        from meshctl.sources.trace_pods import pod_of_dump

        dumps = [(path, read_path(path)) for path in files]
        texts = [(path, read_text(path)) for path in rules]
        return pod_of_dump(dumps, texts, name, self.notes)

    @property
    def first(self) -> Pod:
        """The pod a single request starts in."""
        if isinstance(self.source, Pods):
            return self.source.pods[0]
        if self._pod:
            found = self.source.by_name(self._pod)
            if found is not None:
                return found
        folders = getattr(getattr(self.source, "_records", None), "folders", None)
        if folders is not None and len(folders) == 1:
            found = self.source.by_name(folders[0].name)
            if found is not None:
                return found
        raise UsageError("which pod?", "The request must start in a pod.", "Run `meshctl trace POD URL`.")

    def pod(self, name: str) -> Pod:
        """A pod by name; raises when there is none."""
        found = self.source.by_name(name)
        if found is None:
            raise InputError(f"there is no pod {name!r} in what was given")
        return found

    def warn(self) -> None:
        """Everything that was met and not understood, once each, on stderr."""
        for line in self.notes.lines():
            sys.stderr.write(f"Warning: {line}\n")
