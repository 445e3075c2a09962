"""Kubernetes and Istio objects: which they are, and what a pod's manifest says of the pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.plain import Json
from meshctl.plain import labels_of as labels_of
from meshctl.plain import name_of as name_of
from meshctl.plain import namespace_of as namespace_of


def is_object(value: Any) -> bool:
    """Whether a value is an object of the API, or a list of them."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("kind"), str)
        and (isinstance(value.get("apiVersion"), str) or isinstance(value.get("metadata"), dict))
    )


def objects_of(value: Any) -> Iterator[Json]:
    """The objects in a document; those of a list one by one."""
    if isinstance(value, list):
        for item in value:
            yield from objects_of(item)
        return
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if isinstance(items, list) and str(value.get("kind") or "List").endswith("List"):
        kind = str(value.get("kind") or "").removesuffix("List")
        for item in items:
            if isinstance(item, dict):
                yield {"kind": kind, **item} if kind and "kind" not in item else item
    elif is_object(value):
        yield value


def pod_template(item: Json) -> Json | None:
    """The pod that an object is or makes; None for another kind."""
    from meshctl.netfilter.istio.settings import pod_of

    found = pod_of(item)
    return dict(found) if found is not None else None


def owners_of(pod: Json) -> tuple[tuple[str, str], ...]:
    """(kind, name) of what made the pod; a Deployment is told from its ReplicaSet by the hash the pod is labelled with."""
    found = []
    for owner in (pod.get("metadata") or {}).get("ownerReferences") or []:
        if not isinstance(owner, dict):
            continue
        kind, name = str(owner.get("kind") or ""), str(owner.get("name") or "")
        found.append((kind, name))
        hash_ = labels_of(pod).get("pod-template-hash")
        if kind == "ReplicaSet" and hash_ and name.endswith(f"-{hash_}"):
            found.append(("Deployment", name[: -len(hash_) - 1]))
    return tuple(found)
