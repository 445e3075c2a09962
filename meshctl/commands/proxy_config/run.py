"""From options to bytes: open the proxies, ask the view, write the form that is wanted.

Data goes to stdout, warnings to stderr, each kind once. Several proxies become one table with a POD column,
one JSON object by pod, or lines that name the pod.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from meshctl.commands.outputs import present
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config.source import OUTPUTS, Source, admin_port
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Snapshot
from meshctl.errors import EXIT_FAILURE, EXIT_OK, ConnectError, MeshctlError, UsageError
from meshctl.plain import visible
from meshctl.render.interface import Content, Document, Form
from meshctl.sources import Needs, Origin, ProxySnapshot, open_snapshots
from meshctl.sources.interface import Globals
from meshctl.values import Struct, replace
from meshctl.views.careful import carefully
from meshctl.views.table import Table
from meshctl.views.view import Layout, View

F = TypeVar("F")


class Shown(Struct, frozen=True):
    """What is kept of a proxy once its view is made: the next one's megabytes take its place."""

    label: str
    table: Table | None
    names: list[str]
    values: Any
    lines: list[str]


def show(globals_: Globals, source: Source, output: str, view: View[F], wanted: F, needs: Needs) -> int:
    """Run one view from the command line to stdout; the exit code."""
    form = OUTPUTS.parse(output)
    several = many(source)
    with opened(globals_, source, needs) as (proxies, progress):
        made = _each(proxies, several, progress, lambda proxy: _shown(view, wanted, proxy, form, several))
        shown = [one for _, one in sorted(made, key=lambda entry: entry[0])]
        redacted: list[str] = []
        present(_rendered(view, shown, form, several, redacted), form, globals_.colour)
        tell(line for one in shown for line in one.lines)
        tell(redacted)
        return EXIT_FAILURE if progress.failures else EXIT_OK


def _each(
    proxies: Iterable[ProxySnapshot],
    several: bool,
    progress: TerminalProgress,
    make: Callable[[ProxySnapshot], Shown],
) -> Iterator[tuple[int, Shown]]:
    """What is made of each proxy, with its place. Of several, one that lacks what is wanted costs itself alone, and rows that
    others have too are kept once."""
    kept: dict[tuple[str, ...], tuple[str, ...]] = {}
    for proxy in proxies:
        try:
            one = make(proxy)
            if several and one.table is not None:
                rows = [kept.setdefault(row, row) for row in one.table.rows]
                one = replace(one, table=replace(one.table, rows=rows))
            yield proxy.rank, one
        except MeshctlError as error:
            if not several:
                raise
            progress.failed(label(proxy), error)


def _shown(view: View[F], wanted: F, proxy: ProxySnapshot, form: Form, several: bool) -> Shown:
    """What the form prints of one proxy."""
    snapshot = proxy.snapshot
    view.check(snapshot)
    table, names, values = None, [], None
    match form.content:
        case Content.SHORT:
            table = carefully(snapshot, lambda: view.short(snapshot, wanted))
        case Content.WIDE:
            table = carefully(snapshot, lambda: view.wide(snapshot, wanted))
        case Content.NAMES:
            names = carefully(snapshot, lambda: list(view.names(snapshot, wanted)))
        case _:
            marked = _layout(view, form, several) is Layout.JSONPB
            values = view.values(snapshot, wanted, converter(snapshot, mark_structs=marked))
    unseen = view.unseen(snapshot) if form.content is Content.SHORT else []
    return Shown(label(proxy), table, names, values, [*snapshot.notes.lines(), *unseen])


def _layout(view: View[F], form: Form, several: bool) -> Layout:
    """istioctl's own writer of the view, for the JSON that istioctl prints; several pods are ours."""
    return view.layout if form.name == "json" and not several else Layout.ENCODING_JSON


def many(source: Source) -> bool:
    return bool(source.selector or source.all_namespaces or source.all_pods or len(source.pods) > 1)


def open_proxies(globals_: Globals, source: Source, needs: Needs) -> list[ProxySnapshot]:
    """All proxies that the options name. Raises MeshctlError where one of them could not be asked."""
    with opened(globals_, source, needs) as (proxies, progress):
        found = sorted(proxies, key=lambda proxy: proxy.rank)
        if progress.failures:
            raise ConnectError("not all of the pods could be asked", "", "")
        return found


@contextmanager
def opened(
    globals_: Globals, source: Source, needs: Needs
) -> Iterator[tuple[Iterable[ProxySnapshot], TerminalProgress]]:
    """The proxies that the options name, one after another: the next is had when it is asked for."""
    _check(source)
    origin = Origin(
        pods=source.pods,
        files=source.files,
        admin=source.admin,
        selector=source.selector,
        all_namespaces=source.all_namespaces,
        all_pods=source.all_pods,
        admin_port=admin_port(source.admin_port),
        globals=globals_,
    )
    with TerminalProgress() as progress:
        yield open_snapshots(origin, needs, progress), progress


def _check(source: Source) -> None:
    """Raises UsageError where options exclude each other."""
    if source.files and source.admin:
        raise UsageError("both a file and an admin address are given", "", "Name one of them.")
    if (source.files or source.admin) and any(not f for f in (*source.files, source.admin or "-")):
        raise UsageError("an empty file name is given", "", "Name a file, folder or - for standard input.")
    if source.pods and source.admin:
        raise UsageError(
            "both a pod and an address are given",
            "A pod can only be chosen from a folder or an archive.",
            "Name one of them.",
        )
    if len(source.pods) > 1 and len(set(source.pods)) < len(source.pods):
        raise UsageError("a pod is named twice")


def label(proxy: ProxySnapshot) -> str:
    return f"{proxy.name}.{proxy.namespace}" if proxy.namespace else proxy.name


def _rendered(
    view: View[F], shown: Sequence[Shown], form: Form, several: bool, redacted: list[str]
) -> str | bytes:
    match form.content:
        case Content.SHORT | Content.WIDE:
            tables = [(one.label, one.table) for one in shown if one.table is not None]
            return form.render(_joined(tables, several))
        case Content.NAMES:
            return form.render(
                f"{one.label}\t{name}" if several else name for one in shown for name in one.names
            )
    from meshctl.envoy.secrets import holds_key, redact

    layout = _layout(view, form, several)
    values = {one.label: one.values for one in shown}
    text = form.render(_document(values, several, layout))
    if not holds_key(text if isinstance(text, bytes) else text.encode()):
        return text
    # a key where none should be: in a script, a plugin's configuration, an unknown field
    redacted.append("private keys in the text of other fields are shown as [redacted]")
    return form.render(_document(redact(values)[0], several, layout))


def _joined(tables: list[tuple[str, Table]], several: bool) -> Table:
    """The tables of several proxies under one header, with a column that says whose row it is."""
    if not several:
        return tables[0][1] if tables else Table(())
    header = max((table.header for _, table in tables), key=len, default=())
    rows = [
        (name, *row, *("-" for _ in range(len(header) - len(row))))
        for name, table in tables
        for row in table.rows
    ]
    padding = tables[0][1].padding if tables else 5
    return Table(("POD", *header) if header else (), rows, padding=padding)


def _document(values: dict[str, Any], several: bool, layout: Layout) -> Document:
    value: Any = values if several else next(iter(values.values()), [])
    return Document(value, layout, items=_lines(values, several))


def _lines(values: dict[str, Any], several: bool) -> Iterable[Any]:
    for pod, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            yield {"pod": pod, "resource": item} if several else item


def converter(snapshot: Snapshot, *, mark_structs: bool = False) -> Convert:
    """The function that turns Envoy's JSON into istioctl's; secrets are taken out on the way."""
    from meshctl.envoy.schema.convert import Converter

    convert = Converter(notes=snapshot.notes, mark_structs=mark_structs)

    def converted(type_name: str, value: Any) -> Any:
        before = convert.redactions
        result = convert.convert(type_name, value)
        if convert.redactions > before:
            snapshot.notes.add_input(f"private values of {snapshot.origin} are shown as [redacted]")
        return result

    return converted


def warn(proxies: Sequence[ProxySnapshot], lines: Sequence[str]) -> None:
    """Everything that was met and not understood, and what the output leaves out, once each."""
    tell([line for proxy in proxies for line in proxy.snapshot.notes.lines()] + list(lines))


def tell(lines: Iterable[str]) -> None:
    """Warnings on stderr, once each."""
    for line in dict.fromkeys(lines):
        sys.stderr.write(f"warning: {visible(line)}\n")
