"""The Connection and Upgrade headers: what they nominate, what is an upgrade, what is taken off.

Follows source/common/http/utility.cc (isUpgrade, sanitizeConnectionHeader, transformUpgradeRequestFromH2toH1) and
http1/codec_impl.cc (h2c, ignore_http_11_upgrade).
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.match.request_view import Headers
from meshctl.match.string_match import StringMatch

_MAX_NOMINATED = 10
_MAX_TE = 256
_NO_HEADERS = {"close", "http2-settings", "keep-alive", "upgrade"}
_REFUSED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}


def _tokens(headers: Headers, name: str = "connection") -> list[str]:
    return [token.strip() for token in ",".join(headers.get(name) or ()).split(",") if token.strip()]


def is_upgrade(headers: Headers) -> bool:
    """Connection: upgrade with an Upgrade header (Http::Utility::isUpgrade)."""
    return bool(headers.get("upgrade")) and "upgrade" in {t.lower() for t in _tokens(headers)}


def is_connect_udp(headers: Headers) -> bool:
    """An upgrade to connect-udp, however it came (HeaderUtility::isConnectUdpRequest)."""
    return (headers.get("upgrade") or [""])[0].lower() == "connect-udp"


def _without(headers: Headers, removed: set[str]) -> None:
    """The Connection header without some of its tokens."""
    kept = [token for token in _tokens(headers) if token.lower() not in removed]
    if kept:
        headers["connection"] = [",".join(kept)]
    else:
        headers.pop("connection", None)


def drop_upgrades(headers: Headers, ignored: Iterable[StringMatch]) -> None:
    """Take off an upgrade to h2c, and those that ignore_http_11_upgrade names."""
    if not is_upgrade(headers):
        return
    if headers["upgrade"][0].lower() == "h2c":
        del headers["upgrade"]
        headers.pop("http2-settings", None)
        _without(headers, {"upgrade", "http2-settings"})
        return
    matchers = list(ignored)
    if not matchers:
        return
    kept = [t for t in _tokens(headers, "upgrade") if not any(m.test(t) for m in matchers)]
    if kept:
        headers["upgrade"] = [",".join(kept)]
    else:
        del headers["upgrade"]
        _without(headers, {"upgrade"})


def sanitize(headers: Headers) -> bool:
    """Remove the headers that Connection nominates; False for nominations that end the request."""
    if "connection" not in headers:
        return True
    tokens = _tokens(headers)
    if len(tokens) >= _MAX_NOMINATED:
        return False
    removed: set[str] = set()
    for name in map(str.lower, tokens):
        if name in _NO_HEADERS:
            continue
        if name in _REFUSED or name.startswith(":"):
            return False
        if name == "te" and "te" in headers:
            if len(headers["te"][0]) >= _MAX_TE:
                return False
            if "trailers" in {value.lower() for value in _tokens(headers, "te")}:
                headers["te"] = ["trailers"]
                continue
        removed.add(name)
        if name != "connection":
            headers.pop(":authority" if name == "host" else name, None)
    if removed:
        _without(headers, removed)
    return True


def upgrade_of_connect(headers: Headers) -> None:
    """An extended CONNECT of HTTP/2 as the upgrade of HTTP/1 that it stands for."""
    protocol = headers.get(":protocol") or [""]
    if headers[":method"] == ["CONNECT"] and protocol[0] not in ("", "bytestream"):
        headers[":method"] = ["GET"]
        headers["upgrade"] = protocol
        headers["connection"] = ["upgrade"]
        del headers[":protocol"]
