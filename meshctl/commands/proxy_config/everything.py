"""``proxy-config all``: every table below each other, or the dump itself."""

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from meshctl.commands import outputs
from meshctl.commands.declared import Kind, Option
from meshctl.commands.outputs import write
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config.clock import now
from meshctl.commands.proxy_config.cluster import DIRECTION, FQDN, SUBSET
from meshctl.commands.proxy_config.route import NAME
from meshctl.commands.proxy_config.run import label, many, opened, tell
from meshctl.commands.proxy_config.source import VERBOSE, Source, go_integer, number, text, view
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.secrets import redact, sensitive_keys, suspects
from meshctl.errors import EXIT_FAILURE, EXIT_OK, MeshctlError, MissingDataError
from meshctl.render.interface import Content, Document, Form, Outputs
from meshctl.sources import Needs, ProxySnapshot
from meshctl.sources.interface import ALL_SECTIONS, Globals
from meshctl.values import Struct
from meshctl.views import bootstrap, clusters, eds, listeners, routes, secrets
from meshctl.views.careful import carefully
from meshctl.views.endpoint_filter import EndpointFilter
from meshctl.views.view import Layout, View

_OUTPUTS = Outputs((Content.SHORT, Content.WIDE, Content.DOCUMENT), "short", without=("jsonl", "csv"))

_HELP = """\
Show every table of a proxy below each other; as json or yaml, the dump as Envoy wrote it.

\b
  # all of a pod
  meshctl -n test proxy-config all test-pod
\b
  # save a dump for later, with endpoints; private keys never leave it
  meshctl -n test pc all test-pod -o json > config_dump.json
"""


class Part(Struct, frozen=True):
    """One table: its title with --with-headers, its view and that view's filter."""

    title: str
    view: View[Any]
    wanted: Any


def run(
    globals_: Globals,
    source: Source,
    output: str,
    fqdn: str,
    direction: str,
    subset: str,
    port: str,
    address: str,
    type_: str,
    name: str,
    verbose: bool,
    with_headers: bool,
) -> int:
    form = _OUTPUTS.parse(output)
    number = go_integer(port)
    parts = (
        Part("BOOTSTRAP", bootstrap.VIEW, None),
        Part("CLUSTER", clusters.VIEW, clusters.ClusterFilter(fqdn, direction, subset, number)),
        Part("LISTENER", listeners.VIEW, listeners.ListenerFilter(address, number, type_, verbose)),
        Part("ROUTE", routes.VIEW, routes.RouteFilter(name, verbose)),
        Part("SECRET", secrets.VIEW, secrets.SecretFilter(now())),
        Part("ENDPOINTS", eds.VIEW, EndpointFilter(address, number)),
    )
    several = many(source)
    missing: list[MeshctlError] = []
    lines: list[str] = []
    with opened(globals_, source, Needs(ALL_SECTIONS)) as (proxies, progress):
        if form.content is Content.DOCUMENT:
            _dump(proxies, form, several, lines, progress)
        else:
            made = [
                (proxy.rank, _tables(proxy, parts, form, several, with_headers, missing, lines))
                for proxy in proxies
            ]
            write("\n".join(block for _, blocks in sorted(made) for block in blocks))
        tell(lines)
        if missing:
            raise _summed_up(missing)
        return EXIT_FAILURE if progress.failures else EXIT_OK


COMMAND = view(
    "all",
    _HELP,
    run,
    FQDN,
    DIRECTION,
    SUBSET,
    number("port", "--port", "Only clusters, listeners and endpoints of this port."),
    text("address", "--address", "Only listeners of this address."),
    text("type_", "--type", "Only listeners of this type.", "listener_types"),
    NAME,
    VERBOSE,
    Option(
        "with_headers",
        ("--with-headers",),
        "A title before each table.",
        Kind.SWITCH,
        False,
        shows_default=False,
    ),
    output=outputs.declared(_OUTPUTS),
)


def _tables(
    proxy: ProxySnapshot,
    parts: tuple[Part, ...],
    form: Form,
    several: bool,
    headers: bool,
    missing: list[MeshctlError],
    lines: list[str],
) -> list[str]:
    """Every table that the dump can answer; those it cannot are entered as missing, what else is to say in lines."""
    from meshctl.render.table import render

    blocks = [f"{label(proxy)}:\n"] if several else []
    for part in parts:
        try:
            part.view.check(proxy.snapshot)
        except MissingDataError as error:
            if part.view is not eds.VIEW:
                missing.append(error)
                continue
            proxy.snapshot.notes.add_input(
                f"{error.what}: the last table is empty; save the dump with /config_dump?include_eds"
            )
        make = part.view.wide if form.content is Content.WIDE else part.view.labelled
        title = f"------ {part.title} INFO ------\n\n" if headers else ""
        blocks.append(
            title + render(carefully(proxy.snapshot, functools.partial(make, proxy.snapshot, part.wanted)))
        )
    unseen = (part.view.unseen(proxy.snapshot) for part in parts if form.content is Content.SHORT)
    lines += [*proxy.snapshot.notes.lines(), *(line for found in unseen for line in found)]
    return blocks


def _summed_up(missing: list[MeshctlError]) -> MeshctlError:
    """One message for all that is missing."""
    if len(missing) == 1:
        return missing[0]
    others = [error.what.partition(" has no ")[2] or error.what for error in missing[1:]]
    return MissingDataError(
        f"{missing[0].what}, nor {', nor '.join(others)}", missing[0].cause, missing[0].hint
    )


def _dump(
    proxies: Iterable[ProxySnapshot], form: Form, several: bool, lines: list[str], progress: TerminalProgress
) -> None:
    """The dumps as Envoy wrote them, without secrets that it did not redact itself. Of several, each is written before
    the next is asked for: together they may be more than memory holds."""
    if several:
        _dumps(proxies, form, lines, progress)
        return
    for proxy in proxies:
        _require_dump(proxy)
        if form.name == "json":
            write(_clean(proxy))
            write("\n")
        else:
            write(form.render(Document(_plain(proxy), Layout.PROTOJSON)))
        lines += proxy.snapshot.notes.lines()


def _dumps(
    proxies: Iterable[ProxySnapshot], form: Form, lines: list[str], progress: TerminalProgress
) -> None:
    """An object by pod, in the pieces that the printer makes of one pod each."""
    pieces = _pieces(proxies, form, lines, progress)
    if form.name != "json":
        for piece in pieces:
            write(piece)
        return
    opening, comma = b"{\n", b""
    for piece in pieces:
        entry = piece.strip().removeprefix(b"{").removesuffix(b"}").strip(b"\n")
        write(opening + comma + entry)
        opening, comma = b"", b",\n"
    write(b"{}\n" if opening else b"\n}\n")


def _pieces(
    proxies: Iterable[ProxySnapshot], form: Form, lines: list[str], progress: TerminalProgress
) -> Iterator[bytes]:
    for proxy in proxies:
        try:
            _require_dump(proxy)
        except MissingDataError as error:
            progress.failed(label(proxy), error)
            continue
        text = form.render(Document({label(proxy): _plain(proxy)}, Layout.PROTOJSON))
        lines += proxy.snapshot.notes.lines()
        yield text.encode() if isinstance(text, str) else text


def _require_dump(proxy: ProxySnapshot) -> None:
    if proxy.raw_config_dump is None:
        raise MissingDataError(
            f"{proxy.snapshot.origin} has no config_dump",
            "",
            "Save it with `curl localhost:15000/config_dump?include_eds` inside the pod.",
        )


def _plain(proxy: ProxySnapshot) -> Any:
    """The dump as values, each of its sections still as bytes: the printers open one at a time."""
    data = _clean(proxy)
    try:
        found: dict[str, Any] = dict(msgspec.json.decode(data, type=dict[str, msgspec.Raw]))
        configs: Any = msgspec.json.decode(found.pop("configs"), type=list[msgspec.Raw])
    except (msgspec.DecodeError, KeyError):  # not of this shape: whatever it is, as it is
        return msgspec.json.decode(data)
    return {"configs": configs, **{key: msgspec.json.decode(value) for key, value in found.items()}}


class _Sections(Struct):
    configs: list[msgspec.Raw]


def _clean(proxy: ProxySnapshot) -> bytes | memoryview:
    """A dump's own bytes, not copied; rewritten only where a secret had to be taken out."""
    raw: bytes | memoryview = proxy.raw_config_dump or b""
    found = suspects(raw)
    if not found or _clean_by_section(proxy, raw, found):
        return raw
    value, count, twice = _read(raw)
    if not count and not twice:
        return raw
    told = f"{count} private values of {proxy.snapshot.origin} are shown as [redacted]"
    last = f"{proxy.snapshot.origin} has a name twice in an object, or with escapes: shown as it is read"
    proxy.snapshot.notes.add_input(told if count else last)
    return msgspec.json.format(msgspec.json.encode(value), indent=1)


def _clean_by_section(proxy: ProxySnapshot, raw: bytes | memoryview, suspected: list[int]) -> bool:
    """Whether nothing is to be taken out, told by opening only the sections that may hold a secret. False where that does not
    tell: the dump has another shape, so that something may stand outside of the sections."""
    spans = _spans(raw, _sections(proxy, raw))
    opened = [span for span in spans if any(place in span for place in suspected)]
    return bool(spans) and not any(any(_read(memoryview(raw)[span.start : span.stop])[1:]) for span in opened)


def _sections(proxy: ProxySnapshot, raw: bytes | memoryview) -> list[msgspec.Raw]:
    """The sections of the dump, as reading it has cut them out."""
    document = proxy.snapshot.documents.get(DocumentKind.CONFIG_DUMP)
    if document is not None and document.data is raw and document.configs is not None:
        return document.configs
    try:
        return msgspec.json.decode(raw, type=_Sections).configs
    except msgspec.DecodeError:
        return []


_BEGIN = re.compile(rb'\s*\{\s*"configs"\s*:\s*\[\s*')
_BETWEEN = re.compile(rb"\s*,\s*")
_END = re.compile(rb"\s*\]\s*\}\s*\Z")


def _spans(raw: bytes | memoryview, sections: list[msgspec.Raw]) -> list[range]:
    """Where the sections stand; none where the text is anything but these sections in a list."""
    before = _BEGIN.match(raw)
    spans: list[range] = []
    for section in sections:
        if before is None:
            return []
        spans.append(range(before.end(), before.end() + len(memoryview(section))))
        before = _BETWEEN.match(raw, spans[-1].stop)
    return spans if spans and _END.match(raw, spans[-1].stop) else []


def _read(text: bytes | memoryview) -> tuple[Any, int, bool]:
    """A text's value without secrets, how many were taken out, and whether a name under which one may stand comes twice in an
    object: who reads it sees the last alone."""
    value = msgspec.json.decode(text)
    clean, count = redact(value)
    return clean, count, sensitive_keys(msgspec.json.encode(value)) != sensitive_keys(text)
