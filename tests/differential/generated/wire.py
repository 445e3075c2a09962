"""Odd requests drawn at random, as bytes on the wire: what the codecs and the connection manager make of them.

Many listeners, each with settings of its codec and of the path, and raw requests of HTTP/1 and HTTP/2 that no proper
client would send. ``python -m tests.differential.generated.wire`` prints what the trace tells otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from dataclasses import dataclass, field
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, ResponseReceived, StreamReset
from h2.exceptions import H2Error

from tests.differential.generated import sketch
from tests.differential.generated.draw import Draw, Json
from tests.differential.generated.laboratory import (
    Upstreams,
    _head,
    access_log,
    address,
    dump,
    free_ports,
    logged,
    running,
)
from tests.differential.generated.report import Report, command, compared, record_of

LISTENERS, REQUESTS = 40, 30
_HOSTS = ("a.com", "a.com", "a.com:8080", "A.COM", "b.com", "x.b.com", "a.com.", "a.com:80", "[::1]:80", "::1", "", "u@a.com", "a com",
          "a.com,b.com", "a.com/x", "a_b.com", "a.com:", "a.com:x", "a.com:99999", "\xe9.com", "a%41.com", "*", "a.com:0080")  # fmt: skip
_PATHS = ("/", "/a", "/a", "/a/b", "/b?x=1", "/a?", "//a", "/a//b", "/./a", "/a/../b", "/%61", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00", "/%zz", "/a%",
          "/a#f", "/a?q#f", "/\xe9", "/a;p", "/a b", "/a\x7f", "*", "a", "", "?q", "/a" * 40, "/%2e%2e/a", "/a/..", "/a/../../b", "/A", "/a%252fb", "/ä".encode().decode("latin-1"))  # fmt: skip
_ABSOLUTE = ("http://b.com/a", "HTTP://b.com/a", "http://b.com", "http://b.com?x", "https://b.com/a", "ftp://b.com/a", "http://u@b.com/a", "http://b.com:99999/a",
             "http://b.com:/a", "http:///a", "http://", "http://b.com:80/a", "http://[::1]/a", "http:/b.com/a", "http://b.com\\a", "http://a_b.com/a", "//b.com/a", "http://b.com:8080/a#f")  # fmt: skip
_CONNECT = (
    "b.com:443",
    "b.com",
    "b.com:",
    ":443",
    "b.com:x",
    "http://b.com:443",
    "[::1]:443",
    "/a",
    "b.com:443/x",
    "u@b.com:443",
)
_METHODS = ("GET",) * 8 + (
    "POST",
    "HEAD",
    "OPTIONS",
    "PUT",
    "CONNECT",
    "CONNECT",
    "QUERY",
    "PATCH",
    "FOO",
    "get",
    "TRACE",
    "PROPFIND",
    "G@T",
    "DELETE",
    "PRI",
)
_VERSIONS = ("HTTP/1.1",) * 4 + ("HTTP/1.0",)
_HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("x-a", ("1", "", " 1 ", "a\tb", "\xe9", "\x01", "a,b")), ("X-A", ("2",)), ("x_a", ("1",)), ("x a", ("1",)), ("x-b:", ("1",)), ("x@b", ("1",)), ("", ("1",)),
    ("connection", ("close", "keep-alive", "x-a", "te", "upgrade", "host", "x-forwarded-for", "close, x-a", "http2-settings", "upgrade, http2-settings", "transfer-encoding", ":path")),
    ("te", ("trailers", "gzip", "trailers, gzip", "")), ("upgrade", ("websocket", "WebSocket", "h2c", "foo", "foo, websocket", "")), ("http2-settings", ("AAMAAABkAAQAAP__",)),
    ("content-length", ("0", "00", "+0", "x", "-1", "0, 0", "0,1", "", " 0")), ("transfer-encoding", ("chunked", "gzip", "gzip, chunked", "identity", "Chunked", "chunked, chunked", "")),
    ("expect", ("100-continue", "x")), ("x-forwarded-proto", ("http", "https", "ftp", "", "HTTPS", "https,http")), ("x-forwarded-for", ("1.2.3.4", "10.0.0.1, 1.2.3.4", "", "x", "[::1]:5")),
    ("x-forwarded-host", ("c.com",)), ("x-forwarded-port", ("443", "x")), ("x-envoy-internal", ("true",)), ("x-envoy-external-address", ("9.9.9.9",)), ("x-envoy-original-path", ("/o",)),
    ("x-envoy-attempt-count", ("7",)), ("x-envoy-downstream-service-cluster", ("d",)), ("x-envoy-original-url", ("http://o/",)), ("x-envoy-decorator-operation", ("d",)),
    ("host", ("b.com", "a.com", "")), ("cookie", ("a=1", "a=1; b=2")), ("content-type", ("application/grpc", "text/plain", "application/grpc-web", "")), ("proxy-connection", ("keep-alive",)), ("keep-alive", ("5",)),
    ("trailer", ("x",)), ("range", ("bytes=0-1",)), ("x-request-id", ("r",)), ("via", ("1.1 v",)), ("server", ("s",)), ("date", ("d",)), (":path", ("/p",)), (":method", ("PUT",)), (":protocol", ("websocket",)),
)  # fmt: skip


def listener(draw: Draw, name: str, port: int, log: pathlib.Path) -> Json:
    """One with settings of its codec and its paths."""
    http: Json = {
        "@type": sketch.MANAGER, "stat_prefix": name, "access_log": [access_log(log)],
        "http_filters": [{"name": "router", "typed_config": {"@type": sketch.ROUTER}}],
        "route_config": {"name": "routes", "virtual_hosts": _hosts(draw)}, **_settings(draw),
    }  # fmt: skip
    return {
        "name": name,
        "address": address(port),
        "filter_chains": [{"name": f"{name}-chain", "filters": [{"name": "http", "typed_config": http}]}],
    }


def _settings(draw: Draw) -> Json:
    http1 = draw.optional(0.25, accept_http_10=True, default_host_for_http_10="d.com", allow_absolute_url=False, allow_chunked_length=True,
                          allow_custom_methods=True, enable_trailers=True, override_stream_error_on_invalid_http_message=True,
                          ignore_http_11_upgrade=[{"exact": draw.one(("websocket", "foo", "h2c"))}])  # fmt: skip
    http2 = draw.optional(0.4, allow_connect=True, override_stream_error_on_invalid_http_message=True)
    common = draw.optional(
        0.25,
        headers_with_underscores_action=draw.one(("ALLOW", "REJECT_REQUEST", "DROP_HEADER")),
        max_headers_count=draw.one((4, 6)),
    )
    found = draw.optional(
        0.25, normalize_path=True, merge_slashes=True, use_remote_address=True, xff_num_trusted_hops=1, skip_xff_append=True, via="me",
        path_with_escaped_slashes_action=draw.one(("KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD")),
        upgrade_configs=[{"upgrade_type": kind, **draw.optional(0.2, enabled=False)} for kind in draw.some(("websocket", "CONNECT", "foo", "h2c"), 1, 3)],
        stream_error_on_invalid_http_message=True, append_x_forwarded_port=True, preserve_external_request_id=True, strip_trailing_host_dot=True,
        scheme_header_transformation={"scheme_to_overwrite": draw.one(("http", "https"))}, represent_ipv4_remote_address_as_ipv4_mapped_ipv6=True,
        server_header_transformation=draw.one(("OVERWRITE", "PASS_THROUGH")), max_request_headers_kb=1, proxy_100_continue=True, codec_type=draw.one(("HTTP1", "HTTP2")),
        always_set_request_id_in_response=True, forward_client_cert_details="SANITIZE",
    )  # fmt: skip
    found |= draw.one(({}, {}, {"strip_any_host_port": True}, {"strip_matching_host_port": True}))
    for key, value in (
        ("http_protocol_options", http1),
        ("http2_protocol_options", http2),
        ("common_http_protocol_options", common),
    ):
        if value:
            found[key] = value
    return found


def _hosts(draw: Draw) -> list[Json]:
    def route(name: str, match: Json, **more: Any) -> Json:
        return {"name": name, "match": match, **(more or {"route": {"cluster": "c0"}})}

    odd = [
        route("grpc", {"prefix": "/", "grpc": {}}), route("proto", {"prefix": "/", "headers": [{"name": "x-forwarded-proto", "string_match": {"exact": "https"}}]}, route={"cluster": "c1"}),
        route("connect", {"connect_matcher": {}}), route("scheme", {"prefix": "/", "headers": [{"name": ":scheme", "string_match": {"exact": "https"}}]}, route={"cluster": "c1"}),
        route("a", {"path": "/a"}, route={"cluster": "c1"}), route("ab", {"prefix": "/a/b"}), route("xa", {"prefix": "/", "headers": [{"name": "x-a", "present_match": True}]}, route={"cluster": "c1"}),
        route("host", {"prefix": "/", "headers": [{"name": "host", "string_match": {"contains": "8080"}}]}), route("te", {"prefix": "/", "headers": [{"name": "te", "present_match": True}]}, route={"cluster": "c1"}),
        route("internal", {"prefix": "/", "headers": [{"name": "x-envoy-internal", "present_match": True}]}, route={"cluster": "c1"}),
        route("ws", {"prefix": "/", "headers": [{"name": "upgrade", "present_match": True}]}, route={"cluster": "c1", "upgrade_configs": [{"upgrade_type": "websocket"}]}),
        route("direct", {"prefix": "/b"}, direct_response={"status": 204}), route("cl", {"prefix": "/", "headers": [{"name": "content-length", "present_match": True}]}, route={"cluster": "c1"}),
        route("xff", {"prefix": "/", "headers": [{"name": "x-forwarded-for", "string_match": {"contains": "1.2.3.4"}}]}, route={"cluster": "c1"}),
        route("re", {"safe_regex": {"regex": "/a/?.*"}}), route("redirect", {"prefix": "/a//"}, redirect={"path_redirect": "/r"}),
    ]  # fmt: skip
    routes = [*draw.some(odd, 0, 5), route("rest", {"prefix": "/"})]
    hosts: list[Json] = [{"name": "a", "domains": ["a.com"], "routes": routes}]
    if draw.maybe(0.7):
        hosts.append(
            {
                "name": "any",
                "domains": ["*"],
                "routes": [*draw.some(odd, 0, 3), route("rest", {"prefix": "/"})],
                **draw.optional(0.1, require_tls="ALL"),
            }
        )
    more = [["b.com", "*.b.com"], ["a.com:8080"], ["[::1]:80", "d.com"], ["*.com"]]
    hosts += [
        {"name": f"h{number}", "domains": domains, "routes": draw.some(odd, 1, 3)}
        for number, domains in enumerate(draw.some(more, 0, 2))
    ]
    return hosts


@dataclass(frozen=True)
class Wire:
    """One request, as it is written."""

    rid: str
    port: int
    method: str
    target: str
    host: str | None
    version: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    scheme: str | None = None

    @property
    def line(self) -> Json:
        """In the field names of docs/trace-json.md."""
        begin, mark, rest = self.target.partition("://")
        cut = min((rest.find(c) for c in "/?" if c in rest), default=len(rest))
        absolute = f"{begin}{mark}{rest[:cut]}" if mark and self.version != "HTTP/2" else ""
        connect = self.method == "CONNECT" and self.version == "HTTP/2"
        return {
            "method": self.method, "path": None if connect else self.target[len(absolute) :], "absolute_form": absolute, "authority": self.host, "port": self.port,
            "headers": [list(pair) for pair in self.headers], "protocol": self.version, **({"scheme": self.scheme} if self.scheme is not None else {}),
        }  # fmt: skip


def asked(draw: Draw, name: str, port: int, number: int) -> Wire:
    """One request."""
    rid, method = f"{name}-{number}", draw.one(_METHODS)
    version = "HTTP/2" if draw.maybe(0.25) else draw.one(_VERSIONS)
    target = draw.one(_PATHS)
    if method == "CONNECT" and draw.maybe(0.8):
        target = draw.one(_CONNECT)
    elif draw.maybe(0.15) and version != "HTTP/2":
        target = draw.one(_ABSOLUTE)
    host = None if draw.maybe(0.06) else draw.one(_HOSTS)
    headers = [("x-rid", rid)]
    for key, values in draw.some(_HEADERS, 0, 4):
        headers += [(key, draw.one(values))] * (2 if draw.maybe(0.07) else 1)
    if draw.maybe(0.04):
        headers.append(("x-long", "l" * draw.one((900, 1100, 62_000))))
    if version == "HTTP/2":
        headers = [
            (n.lower(), v) for n, v in headers if (n and not n.startswith((":", " "))) or n == ":protocol"
        ]
        headers.sort(key=lambda pair: pair[0] != ":protocol")
        return Wire(
            rid, port, method, target, host, version, headers, draw.one(("http", "http", "https", "HTTP", ""))
        )
    return Wire(rid, port, method, target, host, version, headers)


# ---- clients ----


async def _send_text(item: Wire) -> tuple[int, dict[str, str]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", item.port)
    lines = [f"{item.method} {item.target} {item.version}"]
    lines += [f"Host: {item.host}"] if item.host is not None else []
    lines += [f"{name}: {value}" for name, value in item.headers]
    chunked = any(n == "transfer-encoding" and "chunked" in v.lower() for n, v in item.headers)
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + ("0\r\n\r\n" if chunked else "")).encode("latin-1"))
    try:
        while True:
            first, headers = await _head(reader)
            code = int(first.split(" ")[1])
            if code != 100:
                return code, dict(reversed(headers))
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, {}
    finally:
        writer.close()


async def _send_frames(item: Wire) -> tuple[int, dict[str, str]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", item.port)
    h2 = H2Connection(
        H2Configuration(
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            validate_inbound_headers=False,
            header_encoding=None,
        )
    )
    h2.initiate_connection()
    pseudo = [(":method", item.method), (":scheme", item.scheme or "")]
    if item.method == "CONNECT" and not any(n == ":protocol" for n, _ in item.headers):
        pseudo = pseudo[:1]
    pseudo += [(":path", item.target)] if item.method != "CONNECT" else []
    pseudo += [(":authority", item.host)] if item.host is not None else []
    encoded = [(n.encode(), v.encode()) for n, v in [*pseudo, *item.headers]]
    try:
        h2.send_headers(1, encoded, end_stream=item.method != "CONNECT")
        writer.write(h2.data_to_send())
        while data := await reader.read(65536):
            for event in h2.receive_data(data):
                if isinstance(event, ResponseReceived) and event.headers:
                    fields = {n.decode("latin-1"): v.decode("latin-1") for n, v in event.headers}
                    return int(fields[":status"]), fields
                if isinstance(event, (StreamReset, ConnectionTerminated)):
                    return 0, {}
            writer.write(h2.data_to_send())
        return 0, {}
    except (H2Error, ConnectionError):
        return 0, {}
    finally:
        writer.close()


def _send_all(items: list[Wire]) -> dict[str, tuple[int, dict[str, str]]]:
    async def go() -> dict[str, tuple[int, dict[str, str]]]:
        gate = asyncio.Semaphore(16)

        async def one(item: Wire) -> tuple[str, tuple[int, dict[str, str]]]:
            send = _send_frames if item.version == "HTTP/2" else _send_text
            async with gate:
                with contextlib.suppress(TimeoutError):
                    return item.rid, await asyncio.wait_for(send(item), 4)
                return item.rid, (0, {"timeout": "4 s"})

        return dict(await asyncio.gather(*map(one, items)))

    return asyncio.run(go())


# ---- a run ----


def run(seed: int, folder: pathlib.Path, numbers: list[int] | None = None) -> Report:
    """Draw the listeners of these numbers, send, compare."""
    numbers = list(range(LISTENERS)) if numbers is None else numbers
    log, ports = folder / "access.log", free_ports(len(numbers))
    listeners, items = [], []
    for number, port in zip(numbers, ports, strict=True):
        draw, name = Draw(f"wire:{seed}:{number}"), f"L{number}"
        listeners.append(listener(draw, name, port, log))
        items += [asked(draw, name, port, turn) for turn in range(REQUESTS)]
    with (
        Upstreams() as upstreams,
        running(listeners, sketch.clusters(Draw(f"{seed}"), upstreams.ports), folder) as admin,
    ):
        shot = dump(admin)
        (folder / "dump.json").write_bytes(shot)
        answers = _send_all(items)
        entries = logged(log, {i.rid for i in items if answers[i.rid][0] not in (0, 400, 431, 501)}, 6)
        seen = dict(upstreams.seen)
    # a CONNECT of HTTP/2 may be reset with its answer: what the client would have seen is not known
    items = [
        i
        for i in items
        if answers[i.rid][0] or i.version != "HTTP/2" or i.method != "CONNECT" or i.rid not in entries
    ]
    topic = f"wire {seed}"
    records = [
        record_of(topic, i, answers[i.rid], entries.get(i.rid), _decoded(i, seen.get(i.rid))) for i in items
    ]
    return compared(seed, shot, records)


def _decoded(item: Wire, seen: Json | None) -> Json | None:
    """What the upstream saw; the path of HTTP/2 as the text it was, of which the upstream saw the bytes."""
    if seen is None or item.version != "HTTP/2":
        return seen
    return {**seen, "path": seen["path"].encode("latin-1").decode("utf-8", "replace")}


def main() -> None:
    command(run, "wire", __doc__ or "")


if __name__ == "__main__":
    main()
