"""Access log formats: command operators, the layouts of a line, and how a line is taken apart by one.

Theory of operation. A text format is literal text and command operators (``%REQ(:METHOD)%``). It becomes a regular expression
with a group an operator: first one in which a value ends at the next literal character; where no format fits so (a quote inside
a quoted value), one that tries more. A JSON format maps keys to such texts. Fields go by the names of
Istio's own JSON format (pilot/pkg/model/telemetry_logging.go, EnvoyJSONLogFormatIstio), whatever the log calls them.

Operators: docs/root/configuration/observability/access_log/usage.rst of Envoy.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from meshctl.plain import Json
from meshctl.values import Struct

OPERATOR = re.compile(r"%([A-Z][A-Z0-9_]*)(?:\(((?:[^()]|\([^()]*\))*)\))?(?::(\d+))?%")

# Operators under the names of Istio's JSON format; others go by their own name in lower case.
_NAMES = {
    "UPSTREAM_CLUSTER_RAW": "upstream_cluster",
    "REQ(:METHOD)": "method",
    "REQ(:PATH)": "path",
    "REQ(X-ENVOY-ORIGINAL-PATH?:PATH)": "path",
    "REQ(:AUTHORITY)": "authority",
    "REQ(:SCHEME)": "scheme",
    "REQ(X-FORWARDED-FOR)": "x_forwarded_for",
    "REQ(USER-AGENT)": "user_agent",
    "REQ(X-REQUEST-ID)": "request_id",
    "RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)": "upstream_service_time",
    "RESPONSE_FLAGS_LONG": "response_flags",
}
_HEADER_OF = {"x_forwarded_for": "x-forwarded-for", "user_agent": "user-agent", "request_id": "x-request-id"}


def field_of(operator: str, argument: str | None) -> str:
    """The field that an operator fills: Istio's name, ``header:NAME`` for another request header, else its own."""
    if operator == "REQ" and argument is not None:
        known = _NAMES.get(f"REQ({argument.upper()})")
        return known or f"header:{argument.partition('?')[0].lower()}"
    known = _NAMES.get(operator if argument is None else f"{operator}({argument.upper()})")
    return known or (operator.lower() if argument is None else f"{operator.lower()}({argument})")


def header_of(field: str) -> str:
    """The request header that a field holds, "" for none."""
    return _HEADER_OF.get(field, field[7:] if field.startswith("header:") else "")


class TextFormat(Struct, frozen=True, dict=True):
    """A text format; ``source`` says whose it is."""

    text: str
    source: str

    @functools.cached_property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """(literal before it, field) for each operator, and the last literal with no field."""
        found, end = [], 0
        text = self.text.rstrip("\n")
        for operator in OPERATOR.finditer(text):
            found.append((text[end : operator.start()], field_of(operator[1], operator[2])))
            end = operator.end()
        return (*found, (text[end:], ""))

    @functools.cached_property
    def fields(self) -> tuple[str, ...]:
        return tuple(field for _, field in self.parts if field)

    def _pattern(self, *, strict: bool) -> Any:
        import re2  # a line may be anybody's: it must take linear time whatever stands in it

        made = []
        for index, (literal, field) in enumerate(self.parts):
            made.append(re2.escape(literal))
            if field:
                after = self.parts[index + 1][0][:1]
                bare = r'[^\s"]*' if after in ("", " ") else f"[^{re2.escape(after)}]*"
                made.append(f"({bare if strict else '.*?' if after else '.*'})")
        # a format that is extended at its end still reads: what is more is kept apart
        return re2.compile("(?s)" + "".join(made) + r"(?:\s+(.*))?\s*")

    @functools.cached_property
    def _strict(self) -> Any:
        return self._pattern(strict=True)

    @functools.cached_property
    def _lenient(self) -> Any:
        return self._pattern(strict=False)

    def read(self, line: str, *, strict: bool = True) -> dict[str, str] | None:
        """The fields of a line, None where it has another format; what is more at its end is the field ``more``.

        strict: no value holds the character that ends it; what does not fit any format so is tried again without.
        """
        found = (self._strict if strict else self._lenient).fullmatch(line)
        if found is None:
            return None
        *values, more = found.groups()
        fields = dict(zip(self.fields, values, strict=True))
        return {**fields, "more": more} if more else fields


_HEAD = '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% '
_TAIL = (
    '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" '
    '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"'
)
_PLACES = (
    " %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME%"
)
_FAILURE = '"%UPSTREAM_TRANSPORT_FAILURE_REASON%" '
_MIXER = '"%DYNAMIC_METADATA(istio.mixer:status)%" '

# The newest first; each is the default of Istio's releases, or Envoy's own.
DEFAULTS = (
    TextFormat(
        f"{_HEAD}%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% {_FAILURE}{_TAIL}{_PLACES} %ROUTE_NAME%",
        "Istio 1.9 and later",
    ),
    TextFormat(f"{_HEAD}%RESPONSE_CODE_DETAILS% {_FAILURE}{_TAIL}{_PLACES} %ROUTE_NAME%", "Istio 1.8"),
    TextFormat(f"{_HEAD}{_MIXER}{_FAILURE}{_TAIL}{_PLACES} %ROUTE_NAME%", "Istio 1.4 to 1.8"),
    TextFormat(f"{_HEAD}{_MIXER}{_TAIL}{_PLACES}", "Istio 1.1 to 1.3"),
    TextFormat(f"{_HEAD}{_TAIL}{_PLACES}", "Istio 1.0"),
    TextFormat(f"{_HEAD}{_TAIL}", "Envoy's default"),
)

# Names of JSON keys that are not Istio's and mean the same; compared without case and marks.
_ALIASES = {
    "code": "response_code",
    "status": "response_code",
    "statuscode": "response_code",
    "httpstatus": "response_code",
    "flags": "response_flags",
    "details": "response_code_details",
    "responsedetails": "response_code_details",
    "uri": "path",
    "requestpath": "path",
    "requestmethod": "method",
    "httpmethod": "method",
    "verb": "method",
    "host": "authority",
    "requestauthority": "authority",
    "cluster": "upstream_cluster",
    "route": "route_name",
    "sni": "requested_server_name",
    "time": "start_time",
    "timestamp": "start_time",
    "requestid": "request_id",
    "xrequestid": "request_id",
    "xforwardedfor": "x_forwarded_for",
    "useragent": "user_agent",
    "upstreamclusterraw": "upstream_cluster",
    "upstreamtransportfailurereason": "upstream_transport_failure_reason",
    "upstreamtransportfailure": "upstream_transport_failure_reason",
    "downstreamtransportfailure": "downstream_transport_failure_reason",
    "connectiontermination": "connection_termination_details",
    "originalpath": "path",
    "peer": "downstream_peer_uri_san",
    "attempts": "upstream_request_attempt_count",
}
KNOWN = (
    "start_time method path protocol response_code response_flags response_code_details connection_termination_details "
    "upstream_transport_failure_reason downstream_transport_failure_reason bytes_received bytes_sent duration "
    "upstream_service_time x_forwarded_for user_agent request_id authority upstream_host upstream_cluster "
    "upstream_local_address downstream_local_address downstream_remote_address downstream_direct_remote_address "
    "requested_server_name route_name filter_chain_name virtual_host_name downstream_peer_uri_san "
    "downstream_tls_version upstream_request_attempt_count grpc_status scheme"
).split()
_BY_KEY = {**_ALIASES, **{name.replace("_", ""): name for name in KNOWN}}
_MARKS = re.compile(r"[^a-z0-9]")


def field_of_key(key: str) -> str:
    """The field that a JSON key names by its own words, "" where they tell nothing."""
    return _BY_KEY.get(_MARKS.sub("", key.lower().rpartition(".")[2]), "")


class JsonFormat(Struct, frozen=True, dict=True):
    """A JSON format: keys (nested ones joined by dots) and the text of each."""

    keys: tuple[tuple[str, str], ...]
    source: str

    @functools.cached_property
    def _fields(self) -> dict[str, str]:
        found = {}
        for key, text in self.keys:
            operators = list(OPERATOR.finditer(text))
            if len(operators) == 1 and operators[0][0] == text:
                found[key] = field_of(operators[0][1], operators[0][2])
        return found

    def read(self, values: Json) -> dict[str, str] | None:
        """The fields of a decoded line; None where it has none of the format's keys."""
        flat = dict(flattened(values))
        own = self._fields
        if not own.keys() & flat.keys():
            return None
        return {own.get(key) or field_of_key(key) or key: text for key, text in flat.items()}


def read_json(values: Json) -> dict[str, str]:
    """The fields of a line whose format is not known, by what its keys are called."""
    return {field_of_key(key) or key: text for key, text in flattened(values)}


def flattened(values: Json, before: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a JSON object as text; null is Envoy's "-"."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{before}{key}.")
        elif value is None:
            yield f"{before}{key}", "-"
        elif isinstance(value, float) and value.is_integer():
            yield f"{before}{key}", str(int(value))
        else:
            yield f"{before}{key}", str(value)


Format = TextFormat | JsonFormat


def configured(config: Any, source: str) -> Iterator[Format]:
    """The formats of all access logs in a piece of configuration: file, stdout and stderr loggers, old and new fields."""
    if isinstance(config, list):
        for item in config:
            yield from configured(item, source)
    elif isinstance(config, dict):
        loggers = config.get("access_log")
        for logger in loggers if isinstance(loggers, list) else ():
            typed = logger.get("typed_config") if isinstance(logger, dict) else None
            if isinstance(typed, dict):
                yield from _of_logger(typed, source)
        for key, value in config.items():
            if key != "access_log":
                yield from configured(value, source)


def _of_logger(typed: Json, source: str) -> Iterator[Format]:
    said = typed.get("log_format")
    said = said if isinstance(said, dict) else typed
    inline = said.get("text_format_source")
    text = inline.get("inline_string") if isinstance(inline, dict) else None
    text = text or said.get("text_format") or said.get("format")
    if isinstance(text, str) and OPERATOR.search(text):
        yield TextFormat(text, source)
    for key in ("json_format", "typed_json_format"):
        if isinstance(said.get(key), dict):
            yield JsonFormat(tuple(flattened(said[key])), source)


def distinct(formats: Iterable[Format]) -> tuple[Format, ...]:
    """Each format once, in order."""
    return tuple(dict.fromkeys(formats))
