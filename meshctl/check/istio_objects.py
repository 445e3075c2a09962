"""Istio's own objects as checks read them: with their names, their gateways, their hosts in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from meshctl.check.check import Hits, Unsure
from meshctl.check.finding import Hit
from meshctl.check.subject import Subject, World
from meshctl.plain import Json, list_at, object_at
from meshctl.values import Struct

SNAPSHOT = "the cluster's {}: none were given (a snapshot has them)"


class Named(Struct, frozen=True):
    """An object with its name."""

    kind: str
    namespace: str
    name: str
    spec: Json
    created: str

    @property
    def title(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def objects_of(world: World, plural: str, kind: str) -> list[Named] | None:
    items = world.objects(plural)
    if items is None:
        return None
    found = []
    for item in items:
        metadata = object_at(item, "metadata")
        created = str(metadata.get("creationTimestamp") or "")
        found.append(
            Named(
                kind,
                str(metadata.get("namespace") or "default"),
                str(metadata.get("name") or ""),
                object_at(item, "spec"),
                created,
            )
        )
    return found


def needing(
    plural: str, kind: str, judge: Callable[[list[Named]], Iterator[Hit]]
) -> Callable[[Sequence[tuple[str, object]], World], Hits]:
    def run(_: Sequence[tuple[str, object]], world: World) -> Hits:
        found = objects_of(world, plural, kind)
        if found is None:
            yield Unsure("", SNAPSHOT.format(f"{kind}s"))
            return
        yield from judge(found)

    return run


def nothing(_: Subject) -> None:
    return None


def fqdn(host: str, namespace: str) -> str:
    return host if "." in host or host == "*" else f"{host}.{namespace}.svc.cluster.local"


def selector_of(one: Named) -> dict[str, str]:
    """The labels that an object asks of pods."""
    return {str(key): str(value) for key, value in object_at(one.spec, "selector").items()}


def oldest_first(found: Iterable[Named]) -> list[Named]:
    """Objects in the order in which istiod takes them; those of unknown age come last."""
    return sorted(found, key=lambda one: (one.created or "9", one.namespace, one.name))


def gateways_of(one: Named) -> list[str]:
    named = [str(gateway) for gateway in list_at(one.spec, "gateways")]
    return [g if "/" in g or g == "mesh" else f"{one.namespace}/{g}" for g in named] or ["mesh"]
