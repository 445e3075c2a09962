"""What every source takes and gives. Structs, not dataclasses: every run of the program pays for their making."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import msgspec

from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.snapshot import SectionKind, Snapshot
from meshctl.errors import MeshctlError, UsageError

DEFAULT_ADMIN_PORT = 15000


class Globals(msgspec.Struct, frozen=True):
    """Names follow istioctl's global flags; ``timeout`` is seconds for one API request or an idle stream.

    colour: when to write in colour, auto, always or never.
    """

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    istio_namespace: str = "istio-system"
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    as_uid: str | None = None
    timeout: float = 15.0
    colour: str = "auto"


class Needs(msgspec.Struct, frozen=True):
    """What a view reads, so that a live source asks Envoy for no more.

    ``sections`` of the config_dump (empty: none, ``ALL_SECTIONS``: the whole dump with endpoints);
    ``documents``: other admin answers.
    """

    sections: frozenset[SectionKind] = frozenset()
    documents: frozenset[DocumentKind] = frozenset()


ALL_SECTIONS = frozenset(SectionKind)


class Origin(msgspec.Struct, frozen=True):
    """Which proxies are meant, as the user named them.

    files: ``-f``, each a file, folder, archive or ``-``; admin: an address; otherwise ``pods`` (in istioctl's
    form ``[type/]name[.namespace]``), a label ``selector``, or all pods of a namespace or of the cluster.
    """

    pods: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    admin: str | None = None
    selector: str | None = None
    all_namespaces: bool = False
    all_pods: bool = False
    admin_port: int = DEFAULT_ADMIN_PORT
    globals: Globals | None = None

    @property
    def many(self) -> bool:
        """Whether the answer may be several proxies, so that a table needs a POD column."""
        return bool(self.selector or self.all_namespaces or self.all_pods or len(self.pods) > 1)

    def check(self) -> None:
        """Raises UsageError where pods are named in two ways, of which one would be passed over."""
        if self.pods and (self.selector or self.all_namespaces):
            raise UsageError(
                f"both a pod ({self.pods[0]}) and {'--selector' if self.selector else '--all-namespaces'} are given",
                "",
                "Name pods, or say which all of them are.",
            )


class ProxySnapshot(msgspec.Struct, frozen=True):
    """One proxy's snapshot, what it is called, and the bytes of its config_dump as they came."""

    name: str
    namespace: str
    snapshot: Snapshot
    raw_config_dump: bytes | memoryview | None = None
    rank: int = 0  # among those that were asked for; they come in the order in which they are read fastest

    def __repr__(self) -> str:
        return f"ProxySnapshot({self.name!r}, {self.namespace!r})"  # not the megabytes


class Progress(Protocol):
    """Told how far a slow fetch is; a terminal shows a bar, anything else nothing."""

    def fetching(self, what: str) -> AbstractContextManager[None]:
        """Something is asked for as long as the context lasts; may be entered by several threads."""

    def advance(self, count: int) -> None: ...

    def failed(self, proxy: str, error: MeshctlError) -> None:
        """One of several proxies could not be asked; the others go on."""

    def told(self, sentence: str) -> None:
        """Something that was passed over on the way."""


class Silent:
    """A Progress that shows nothing."""

    def fetching(self, what: str) -> AbstractContextManager[None]:
        return nullcontext()

    def advance(self, count: int) -> None:
        pass

    def failed(self, proxy: str, error: MeshctlError) -> None:
        raise error

    def told(self, sentence: str) -> None:
        pass
