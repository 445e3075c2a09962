"""Kubernetes and Istio objects, from YAML or JSON: which they are, what a pod's manifest says of the pod.

YAML is read by the rules of YAML 1.2's core schema, as Envoy and Kubernetes' own tools write it: no dates, no
``yes`` for true. A document of anchors that would grow to many times its text is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.errors import InputError

Json = dict[str, Any]
_GROWTH, _FREE = 20, 10_000_000

# Objects with a pod template in them.
WORKLOADS = frozenset(
    {
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "ReplicationController",
        "DeploymentConfig",
    }
)


def yaml_documents(text: str, origin: str) -> list[Any]:
    """All documents of a YAML text. Raises InputError where it is none."""
    import yaml

    try:
        found = list(yaml.load_all(text, Loader=_loader()))
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise InputError(f"{origin} is no YAML", " ".join(str(error).split())[:300]) from error
    except RecursionError as error:
        raise InputError(f"{origin} is nested too deeply to be read", "Nobody writes such YAML.") from error
    for document in found:
        if _size(document, {}, set()) > max(_FREE, _GROWTH * len(text)):
            raise InputError(
                f"{origin} grows without measure when its anchors are followed", "It may be a bomb."
            )
    return [document for document in found if document is not None]


def _size(value: Any, known: dict[int, int], open_: set[int]) -> int:
    """How many characters a value would be, written out; a circle is endless."""
    if not isinstance(value, dict | list):
        return len(value) if isinstance(value, str) else 8
    key = id(value)
    if key in open_:
        return 10**18
    if key not in known:
        open_.add(key)
        items = value.items() if isinstance(value, dict) else ((0, item) for item in value)
        known[key] = 2 + sum(len(str(name)) + _size(item, known, open_) for name, item in items)
        open_.discard(key)
    return known[key]


_loaders: list[Any] = []


def _loader() -> Any:
    """A safe loader whose scalars are those of JSON."""
    if not _loaders:
        import re

        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

        class Core(base):  # type: ignore[misc]
            """YAML 1.2's core schema."""

        Core.yaml_implicit_resolvers = {}
        for tag, pattern, first in (
            ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
            ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
            ("int", r"^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$", "-+0123456789"),
            ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
            ("merge", r"^<<$", "<"),
        ):
            Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
        Core.add_constructor(
            "tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node))
        )
        Core.add_multi_constructor("!", lambda loader, suffix, node: _plain(loader, node))
        _loaders.append(Core)
    return _loaders[0]


def _plain(loader: Any, node: Any) -> Any:
    """A value with a tag nobody here knows (``!Ref``), without it."""
    name = type(node).__name__
    if name == "MappingNode":
        return loader.construct_mapping(node, deep=True)
    return (
        loader.construct_sequence(node, deep=True)
        if name == "SequenceNode"
        else loader.construct_scalar(node)
    )


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


def is_injected(pod: Json) -> bool:
    """Whether a sidecar is in the manifest."""
    spec = pod.get("spec") or {}
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return any(isinstance(c, dict) and c.get("name") == "istio-proxy" for c in containers)


def name_of(item: Json) -> str:
    metadata = item.get("metadata") or {}
    return str(metadata.get("name") or metadata.get("generateName") or "")


def namespace_of(item: Json) -> str:
    return str((item.get("metadata") or {}).get("namespace") or "")


def labels_of(item: Json) -> dict[str, str]:
    labels = (item.get("metadata") or {}).get("labels")
    return {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}


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
