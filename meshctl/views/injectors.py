"""``injector list``: which revision injects each namespace's pods, what they run with, and which a restart would change.

Theory of operation. The first table has a row for each namespace and each revision that its pods run with; the second a row
for each webhook configuration and each namespace whose pods it injects by the namespace's labels alone. Follows
istio/istioctl/pkg/injector, but for two things. istioctl takes a namespace for injected when any webhook's namespaceSelector
matches it, also that of a webhook that asks for a pod's label: every namespace without labels. And it counts every pod
without a sidecar there as one to be restarted. Here a namespace's revision is that of the webhook that needs nothing of the
pod, and a pod needs a restart when a webhook would inject it with another revision than it runs with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from meshctl.plain import Json, labels_of, name_of, namespace_of, object_at, objects_at
from meshctl.views.injection import matches, revision_of
from meshctl.views.table import Table

_REVISION, _INJECTION, _MODE = "istio.io/rev", "istio-injection", "istio.io/dataplane-mode"
_DISABLED = "sidecar.istio.io/inject"
# The webhooks that need nothing of a pod but that it does not forbid it.
_BY_NAMESPACE = ("rev.namespace.sidecar-injector.istio.io", "namespace.sidecar-injector.istio.io")
# Namespaces that are never injected (istio pkg/kube/inject).
_IGNORED = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})
_NONE = "<non-Istio>"
HOOKS = "app=sidecar-injector"


class Count(msgspec.Struct, frozen=True):
    """The pods of a namespace that run with one revision ("" for none)."""

    revision: str
    pods: int
    disabled: int = 0
    restart: int = 0

    @property
    def text(self) -> str:
        disabled = f" (injection disabled: {self.disabled})" if self.disabled else ""
        restart = f" NEEDS RESTART: {self.restart}" if self.restart else ""
        return f"{self.revision or _NONE}: {self.pods}{disabled}{restart}"


def injectors(configurations: Iterable[Json]) -> list[Json]:
    """Istio's injection webhooks, by name."""
    found = [one for one in configurations if labels_of(one).get("app") == "sidecar-injector"]
    return sorted(found, key=name_of)


def shown_namespaces(namespaces: Iterable[Json], istio_namespace: str) -> list[Json]:
    """By name, without the system's and those that are ambient."""
    found = [
        one
        for one in namespaces
        if name_of(one) not in (*_IGNORED, istio_namespace) and not _is_ambient(labels_of(one))
    ]
    return sorted(found, key=name_of)


def _is_ambient(labels: Mapping[str, str]) -> bool:
    """A namespace whose labels ask for sidecars has them, whatever its mode says."""
    injected = labels.get(_INJECTION) == "enabled" or _REVISION in labels
    return labels.get(_MODE) == "ambient" and not injected


def revision_for(namespace: Json, hooks: Sequence[Json]) -> str:
    """The revision that a namespace's labels ask for; ``MISSING/…`` where no webhook answers to them."""
    labels = labels_of(namespace)
    for hook in hooks:
        if any(matches(webhook.get("namespaceSelector"), labels) for webhook in _by_namespace(hook)):
            return labels_of(hook).get(_REVISION, "")
    asked = labels.get(_REVISION, "")
    if asked:
        return f"MISSING/{asked}"
    injection = labels.get(_INJECTION)
    return "" if injection in (None, "disabled") else f"MISSING/{_INJECTION}"


def _by_namespace(hook: Json) -> list[Json]:
    return [one for one in objects_at(hook, "webhooks") if one.get("name") in _BY_NAMESPACE]


def counts(namespace: Json, pods: Iterable[Json], hooks: Sequence[Json]) -> list[Count]:
    """The pods of a namespace by the revision that they run with."""
    found: dict[str, Count] = {}
    for pod in pods:
        current = revision_of(object_at(pod, "metadata"))
        before = found.get(current, Count(current, 0))
        disabled = _is_disabled(pod)
        found[current] = Count(
            current,
            before.pods + 1,
            before.disabled + disabled,
            before.restart + (not disabled and _would_change(namespace, pod, current, hooks)),
        )
    return [found[key] for key in sorted(found, key=lambda revision: (revision != "", revision))]


def _is_disabled(pod: Json) -> bool:
    annotations = object_at(object_at(pod, "metadata"), "annotations")
    said = labels_of(pod).get(_DISABLED, annotations.get(_DISABLED))
    return str(said).lower() == "false"


def _would_change(namespace: Json, pod: Json, current: str, hooks: Sequence[Json]) -> bool:
    """Whether started again the pod would get a sidecar of another revision, or its first."""
    would = [labels_of(hook).get(_REVISION, "") for hook in hooks if _injects(hook, namespace, pod)]
    return bool(would) and current not in would


def _injects(hook: Json, namespace: Json, pod: Json) -> bool:
    return any(
        matches(webhook.get("namespaceSelector"), labels_of(namespace))
        and matches(webhook.get("objectSelector"), labels_of(pod))
        for webhook in objects_at(hook, "webhooks")
    )


class Row(msgspec.Struct, frozen=True):
    """A namespace, the revision that it asks for, and one revision of its pods; None where it has no pods."""

    namespace: str
    revision: str
    count: Count | None


def rows(namespaces: Sequence[Json], pods: Sequence[Json], hooks: Sequence[Json]) -> list[Row]:
    found = []
    for namespace in namespaces:
        name, revision = name_of(namespace), revision_for(namespace, hooks)
        own = counts(namespace, [pod for pod in pods if namespace_of(pod) == name], hooks)
        found += [Row(name, revision, one) for one in own]
        if not own and revision:
            found.append(Row(name, revision, None))
    return found


def namespace_table(found: Sequence[Row], nothing: str = "<no pods>") -> Table:
    """nothing: what stands for a namespace's pods where there are none."""
    cells = [(row.namespace, row.revision, row.count.text if row.count else nothing) for row in found]
    header = ("NAMESPACE", "ISTIO-REVISION", "POD-REVISIONS")
    return Table(header, cells, padding=1, message="No Istio injected namespaces present.")


class Hook(msgspec.Struct, frozen=True):
    """A webhook configuration, and a namespace that it injects; "" where it injects none."""

    namespace: str
    name: str
    revision: str
    image: str


def injected(namespaces: Sequence[Json], hooks: Sequence[Json], images: Mapping[str, str]) -> list[Hook]:
    found = []
    for hook in hooks:
        revision = labels_of(hook).get(_REVISION, "")
        names = dict.fromkeys(
            name_of(namespace)
            for webhook in _by_namespace(hook)
            for namespace in namespaces
            if matches(webhook.get("namespaceSelector"), labels_of(namespace))
        )
        found += [Hook(name, name_of(hook), revision, images.get(revision, "")) for name in names or [""]]
    return found


def hook_table(found: Sequence[Hook]) -> Table:
    cells = [(one.namespace or "DOES NOT AUTOINJECT", one.name, one.revision, one.image) for one in found]
    header = ("NAMESPACES", "INJECTOR-HOOK", "ISTIO-REVISION", "SIDECAR-IMAGE")
    return Table(header, cells, padding=1, message="No Istio injection hooks present.")


def images(config_maps: Iterable[Json]) -> dict[str, str]:
    """The sidecar's image by revision, from the injectors' values."""
    found = {}
    for item in config_maps:
        revision = labels_of(item).get(_REVISION)
        text = str(object_at(item, "data").get("values") or "")
        if revision is None or not text:
            continue
        try:
            values = object_at(msgspec.json.decode(text), "global")
        except msgspec.DecodeError:
            continue
        image = str(object_at(values, "proxy").get("image") or "")
        if not image:
            continue
        found[revision] = image if "/" in image else f"{values.get('hub')}/{image}:{values.get('tag')}"
    return found
