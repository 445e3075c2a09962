"""A snapshot's index as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from meshctl.share.index import Index

_REMOVED_AT_MOST = 12


def lines(index: Index, *, wide: bool) -> Iterator[str]:
    """The snapshot in a person's words: when, whence, pods, what is missing, what was removed."""
    state = "complete" if index.complete else _not_complete(index)
    yield f"Snapshot, format {index.version}, taken {index.created} by meshctl {index.meshctl}: {state}"
    if index.anonymized:
        yield "Names and addresses are pseudonyms."
    if index.context:
        yield f"Context: {index.context}"
    if index.istiod:
        yield f"Control plane: {index.istiod}"
    yield ""
    yield from _pods(index, wide)
    if index.cluster:
        yield ""
        yield "Cluster objects: " + ", ".join(sorted(index.cluster))
    absent = {k: why for k, why in index.cluster_missing.items() if wide or "no such resource" not in why}
    for kind, why in sorted(absent.items()):
        yield f"  {kind}: {why}"
    yield ""
    yield from _removed(index, wide)


def _not_complete(index: Index) -> str:
    if not index.finished:
        return "PARTIAL: the run was stopped; complete it with --resume"
    failed = sum(1 for pod in index.pods if pod.error)
    pods = f"{failed} pod{'s' if failed > 1 else ''} failed" if failed else "some objects may not be listed"
    return f"NOT COMPLETE: {pods}"


def _pods(index: Index, wide: bool) -> Iterator[str]:
    rows = [("POD", "NAMESPACE", "PROXY", "FILES", "BYTES", "MISSING")]
    for pod in index.pods:
        missing = pod.error or "; ".join(f"{file} ({why})" for file, why in pod.missing.items()) or "-"
        size = sum(entry.size for entry in pod.files.values())
        rows.append((pod.pod, pod.namespace, pod.proxy, str(len(pod.files)), f"{size:,}", missing))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        yield (
            "   ".join(cell.ljust(width) for cell, width in zip(row[:5], widths, strict=True))
            + "   "
            + row[5]
        )
        pod_entry = next((p for p in index.pods if wide and (p.pod, p.namespace) == row[:2]), None)
        for name, entry in sorted((pod_entry.files if pod_entry else {}).items()):
            yield f"     {name}  {entry.size:,} bytes  sha256 {entry.sha256}"


def _removed(index: Index, wide: bool) -> Iterator[str]:
    if not index.removed:
        yield "Removed: nothing that looked like a secret was found."
        return
    yield f"Removed: {len(index.removed)} secrets, each marked in its place"
    reasons = Counter((r.file, r.path, r.reason) for r in index.removed)
    for number, ((file, path, reason), _) in enumerate(sorted(reasons.items())):
        if number == _REMOVED_AT_MOST and not wide:
            yield f"  … and {len(reasons) - number} more (-o wide lists all)"
            return
        yield f"  {file}: {path} ({reason})"


def content_lines(found: dict[str, Any], *, wide: bool) -> Iterator[str]:
    """What a folder, archive or file that is no snapshot holds."""
    yield f"{found['origin']}: no snapshot of meshctl; what it holds is read by content"
    yield ""
    rows = [("POD", "NAMESPACE", "HAS", "FILES")]
    for pod in found["pods"]:
        rows.append(
            (pod["pod"] or "-", pod["namespace"] or "-", ", ".join(pod["has"]) or "-", str(len(pod["files"])))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for number, row in enumerate(rows):
        yield (
            "   ".join(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True))
            + "   "
            + row[3]
        )
        for file in found["pods"][number - 1]["files"] if wide and number else ():
            yield f"     {file}"
    if found["objects"]:
        yield ""
        yield "Cluster objects: " + ", ".join(f"{count} {kind}" for kind, count in found["objects"].items())
    if found["passed_over"]:
        yield ""
        kinds = Counter(entry["is"] for entry in found["passed_over"])
        yield "Passed over: " + ", ".join(f"{count} files ({what})" for what, count in kinds.items())
        for entry in found["passed_over"] if wide else ():
            yield f"     {entry['file']}: {entry['is']}"
