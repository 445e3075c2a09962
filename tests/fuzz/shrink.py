"""A counterexample made small: manifests and parts of the request go as long as the difference stays.

Whether a difference stays is asked of reality again: the smaller mesh is brought up, the request sent and traced.
Where chance decides (weights, endpoints) a difference may not show at once, so each try sends it several times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.lab.generate import Case
from tests.lab.traffic import Request

Json = dict[str, Any]
Fails = Callable[[Case, Request], bool]

# What a mesh cannot be without.
_KEPT = {"Pod"}


def shrink(case: Case, request: Request, fails: Fails, tries: int = 60) -> tuple[Case, Request]:
    """The smallest case found within so many tries."""
    left = tries
    again = True
    while again and left > 0:
        again = False
        for smaller in _smaller(case, request):
            left -= 1
            if left < 0:
                break
            if fails(*smaller):
                (case, request), again = smaller, True
                break
    return case, request


def _smaller(case: Case, request: Request) -> Iterator[tuple[Case, Request]]:
    """Every case that is one step smaller: a manifest less, a rule less, a plainer request."""
    documents = case.documents
    for index, document in enumerate(documents):
        if document["kind"] not in _KEPT and not _dialled(document, request):
            yield _with(case, documents[:index] + documents[index + 1 :]), request
    for index, document in enumerate(documents):
        for slimmer in _slimmer(document):
            yield _with(case, (*documents[:index], slimmer, *documents[index + 1 :])), request
    for plainer in _plainer(request):
        yield case, plainer


def _with(case: Case, documents: tuple[Json, ...]) -> Case:
    return replace(case, documents=documents)


def _dialled(document: Json, request: Request) -> bool:
    """The service whose address the request dials stays, else there is no such request."""
    return bool(document["kind"] == "Service" and document["spec"]["clusterIP"] == request.ip)


def _slimmer(document: Json) -> Iterator[Json]:
    """A manifest with one element of one of its lists left out."""
    spec = document.get("spec") or {}
    for key in ("http", "tcp", "rules", "ports", "subsets"):
        values = spec.get(key)
        if not isinstance(values, list) or len(values) < 2:
            continue
        for index in range(len(values)):
            yield {**document, "spec": {**spec, key: values[:index] + values[index + 1 :]}}


def _plainer(request: Request) -> Iterator[Request]:
    for index in range(len(request.headers)):
        yield replace(request, headers=request.headers[:index] + request.headers[index + 1 :])
    for field, plain in (("path", "/"), ("method", "GET"), ("uid", 1000), ("kind", "http1")):
        if getattr(request, field) != plain:
            yield replace(request, **{field: plain})
