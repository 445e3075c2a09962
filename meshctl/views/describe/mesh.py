"""What ``describe`` asks of a mesh, live or saved: objects by name and the Envoys of pods, each only when it is shown."""

from __future__ import annotations

from typing import Protocol

import msgspec

from meshctl.envoy.snapshot import Snapshot
from meshctl.errors import MeshctlError
from meshctl.plain import Json, object_at


class Mesh(Protocol):
    """A cluster or what was saved of one. Whatever cannot be had raises MeshctlError; None is: there is none."""

    @property
    def namespace(self) -> str:
        """The namespace whose names are shown without it."""

    def services(self, namespace: str) -> list[Json]: ...

    def object(self, kind: str, namespace: str, name: str) -> Json | None:
        """An object by its kind's plural."""

    def peer_authentications(self, namespace: str) -> list[Json]: ...

    def mesh_config(self, revision: str) -> Json: ...

    def pods(self, labels: dict[str, str], namespace: str | None) -> list[Json]:
        """The pods that have these labels, by namespace and name; None: of all namespaces."""

    def envoy(self, pod: Json) -> Snapshot:
        """What the pod's proxy has."""


class Page:
    """The text in the making: lines for stdout, and what is said beside it."""

    def __init__(self, namespace: str) -> None:
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.error: MeshctlError | None = None  # why the proxy could not be asked: what follows is without it
        self._namespace = namespace

    def write(self, line: str, indent: int = 0) -> None:
        self.lines.append(" " * indent + line)

    def rule(self) -> None:
        self.lines.append("--------------------")

    def name(self, item: Json) -> str:
        """``name``, with its namespace where that is another than the one that is asked about."""
        metadata = object_at(item, "metadata")
        name, namespace = str(metadata.get("name") or ""), str(metadata.get("namespace") or "")
        return name if namespace == self._namespace else f"{name}.{namespace}"


class Subsets(msgspec.Struct, frozen=True):
    """The subsets of a DestinationRule that some of the pods are in, and those that none is in."""

    matching: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def selects(selector: Json, labels: dict[str, str]) -> bool:
    """Whether a plain map of labels selects a pod; an empty one selects all."""
    return all(labels.get(key) == value for key, value in selector.items())
