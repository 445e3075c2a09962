"""Saved answers: the one way from paths on the command line to what was given (``meshctl.reader``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from meshctl.envoy.documents import Document, DocumentKind
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import load
from meshctl.errors import InputError, MeshctlError, UsageError
from meshctl.plain import listed
from meshctl.reader.given import Given, GivenPod, refusal
from meshctl.reader.parts import RuleText
from meshctl.reader.recognise import DUMP_COMMAND, RULES_COMMAND
from meshctl.sources.folder import open_path
from meshctl.sources.interface import Needs, Origin, Progress, ProxySnapshot


def open_given(paths: Sequence[str], namespace: str | None = None, name: str = "") -> Given:
    """What the paths hold: each a file, folder, archive or ``-``; plain files together are one pod."""
    given = Given(", ".join("stdin" if path == "-" else path for path in paths), namespace)
    plain: list[tuple[str, bytes]] = []
    for path in paths:
        opened = open_path(path)
        if isinstance(opened, bytes):
            plain.append(("stdin" if path == "-" else path, opened))
        else:
            given.add_files(opened, path.rstrip("/") or path)
    if plain:
        given.add_plain(plain, name)
    return given


def read_bytes(path: str) -> bytes:
    """A plain file's bytes, unpacked; ``-`` is standard input. Raises UsageError for a folder or an archive."""
    opened = open_path(path)
    if not isinstance(opened, bytes):
        raise UsageError(f"{path} is a folder or an archive", "A file was expected here.")
    return opened


def read_text(path: str) -> str:
    """A plain file's text."""
    return read_bytes(path).decode("utf-8", "replace")


def open_rules(path: str) -> list[RuleText]:
    """The rules in a file. Raises InputError where it holds none."""
    given = open_given((path,))
    texts = [text for pod in given.pods for text in pod.own_rule_texts]
    if texts:
        return texts
    if given.pods:
        raise without_rules(given.origin)
    if all(part.form.what == "empty" for part in given.passed):
        return [RuleText(given.origin, "")]
    raise refusal(given.passed, "rules", f"Rules are {RULES_COMMAND}.")


def without_rules(origin: str) -> InputError:
    """Something of Envoy's given where rules are wanted."""
    return InputError(
        f"{origin} holds Envoy's configuration, and no capture rules",
        "An Envoy does not know which packets the kernel sends to it.",
        f"`meshctl proxy-config` and `trace -f` read it; rules are {RULES_COMMAND}.",
    )


def chosen_pods(given: Given, origin: Origin) -> list[GivenPod]:
    """The pods that are meant, offline as live."""
    if origin.pods:
        return [pod for text in origin.pods for pod in given.find(text, every=origin.all_pods)]
    if origin.selector or origin.all_namespaces or origin.all_pods:
        from meshctl.reader.naming import selects

        namespace = None if origin.all_namespaces else given.namespace
        found = [
            pod
            for pod in given.pods
            if (not namespace or pod.namespace in ("", namespace))
            and (not origin.selector or selects(origin.selector, pod.labels))
        ]
        if not found:
            where = f'namespace "{namespace}"' if namespace else "any namespace"
            what = f"no pods match {origin.selector!r}" if origin.selector else "there are no pods"
            raise InputError(
                f"{given.origin}: {what} in {where}", "", "`meshctl snapshot show` lists its pods."
            )
        return found
    return [given.one(None)]


def open_files(origin: Origin, needs: Needs, progress: Progress) -> Iterator[ProxySnapshot]:
    """The proxies that are meant, one at a time; of several, those without an Envoy are told and passed over."""
    namespace = origin.globals.namespace if origin.globals else None
    given = open_given(origin.files, namespace, origin.pods[0] if origin.pods else "")
    if given.plain and origin.pods:
        raise UsageError(
            "both a pod and a file or address are given",
            "A pod can only be chosen from a folder or an archive.",
            "Name one of them.",
        )
    pods = chosen_pods(given, origin)
    several = origin.many or len(origin.pods) > 1
    without: list[str] = []
    ranks = {id(pod): rank for rank, pod in enumerate(pods)}
    for pod in sorted(pods, key=lambda pod: pod.place):
        if several and not pod.has_envoy:
            without.append(pod.full_name)
            continue
        try:
            yield msgspec.structs.replace(_proxy(given, pod), rank=ranks[id(pod)])
        except MeshctlError as error:
            if not several:
                raise
            progress.failed(pod.full_name, error)
    if without:
        _tell(without, progress, len(pods))


def _tell(without: list[str], progress: Progress, all_: int) -> None:
    names = listed(without, 4)
    if len(without) == all_:
        raise InputError(
            f"none of the pods has an answer of an Envoy: {names}", "They have no sidecar, or were not asked."
        )
    progress.told(f"passed over {len(without)} pods without an Envoy: {names}")


def without_envoy(given: Given, pod: GivenPod) -> InputError:
    """Why nothing of Envoy's was found for a pod, and what would help."""
    if pod.object is not None:
        kind = str(pod.object.get("kind") or "object")
        return InputError(
            f"{given.origin} holds a {kind} of Kubernetes, and no answer of an Envoy",
            "It says what should run, not what the proxy has.",
            f"`meshctl capture show --pod` reads it; an Envoy's dump is had by {DUMP_COMMAND}",
        )
    if given.plain and pod.has_rule_texts:
        return InputError(
            f"{given.origin} holds capture rules, and nothing of Envoy's",
            "They say which packets reach Envoy, not what it does with them.",
            f"`meshctl capture show` reads it; an Envoy's dump is had by {DUMP_COMMAND}",
        )
    if given.passed and not pod.told:
        return refusal(given.passed, "answer of an Envoy")
    return InputError(
        f"{given.origin}: {pod.name} has no answer of an Envoy", "It has no sidecar, or was not asked."
    )


def _proxy(given: Given, pod: GivenPod) -> ProxySnapshot:
    notes = Notes()
    notes.merge(given.notes)
    documents = pod.documents(notes)
    if not documents:
        raise without_envoy(given, pod)
    return ProxySnapshot(pod.name, pod.namespace, load(documents, pod.title, notes), _dump(documents))


def _dump(documents: list[Document]) -> bytes | memoryview | None:
    dump = next((d for d in reversed(documents) if d.kind is DocumentKind.CONFIG_DUMP), None)
    return None if dump is None else dump.printed or dump.data
