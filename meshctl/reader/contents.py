"""What a folder, archive or file holds, pod by pod, as a table says it: for ``snapshot show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshctl.plain import Json
from meshctl.share.index import checksum

if TYPE_CHECKING:
    from meshctl.reader.given import Given, GivenPod


def contents(given: Given) -> Json:
    """The pods, what each has, and what was passed over."""
    return {
        "origin": given.origin,
        "pods": [_pod(pod) for pod in given.pods],
        "objects": dict(sorted(given.counts.items())),
        "passed_over": [{"file": p.origin, "is": p.form.what} for p in given.passed],
    }


def _pod(pod: GivenPod) -> Json:
    return {
        "pod": pod.name or pod.identity.name,
        "namespace": pod.namespace or pod.identity.namespace,
        "folder": pod.folder,
        "has": _has(pod),
        "files": [one.file.path for one in pod.told],
    }


def _has(pod: GivenPod) -> list[str]:
    found = ["envoy"] if pod.has_envoy else []
    if pod.has_rule_texts:
        found.append("rules")
    if pod.manifest is not None:
        found.append("manifest")
    return found


def differences(given: Given) -> list[str]:
    """What differs from a snapshot's index: files that are gone, changed, or not entered in it."""
    from meshctl.reader.given import index_root

    assert given.index is not None, "only a snapshot has checksums"
    expected = {f"cluster/{kind}.json": entry for kind, entry in given.index.cluster.items()}
    for pod in given.index.pods:
        expected.update({f"{pod.folder}/{name}": entry for name, entry in pod.files.items()})
    _, files, _ = next(entry for entry in given.layouts if index_root(entry[1]) is not None)
    root = index_root(files) or ""
    wrong = []
    for path, entry in sorted(expected.items()):
        if root + path not in files:
            wrong.append(f"{path} is missing")
        elif checksum(files[root + path].load()) != entry:
            wrong.append(f"{path} was changed: its checksum differs")
    known = {root + path for path in expected} | {f"{root}index.json"}
    wrong.extend(f"{path} is not in the index" for path in sorted(set(files) - known))
    return wrong


def doubtful(given: Given) -> list[str]:
    """What looks like a secret in the files and was kept, a line each."""
    from meshctl.share.doubts import kept

    found = []
    for _, files, _ in given.layouts:
        for path, file in sorted(files.items()):
            if path.endswith(".json"):
                found += [f"{path}: {place} looks like a secret: {text}" for place, text in kept(file.load())]
    return found
