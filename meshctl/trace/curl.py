"""A curl command line as a request: what its options change of the request, in a table; the others refused by name.

Only what decides where a request goes and what it says is taken. What is about curl's own output is passed over; what
would send the request another way (a proxy, a socket, a certificate from a file) is refused with what to write instead.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from urllib.parse import quote_plus

from meshctl.errors import UsageError
from meshctl.trace.target import Wanted
from meshctl.values import Struct, field

_FORM = "application/x-www-form-urlencoded"
_PASSED_OVER = (
    "-k --insecure -v --verbose -s --silent -S --show-error -i --include -f --fail --fail-with-body -N --no-buffer -# "
    "--progress-bar -4 --ipv4 -6 --ipv6 -O --remote-name -j --junk-session-cookies -g --globoff --path-as-is "
    "--tcp-nodelay -q --disable --no-keepalive --fail-early --tr-encoding --trace-time --no-progress-meter"
).split()
_PASSED_OVER_WITH_VALUE = (
    "-o --output -w --write-out -m --max-time --connect-timeout --retry --retry-delay --retry-max-time -c --cookie-jar "
    "-D --dump-header --stderr --trace --trace-ascii --limit-rate --keepalive-time --cacert --capath --ciphers"
).split()
_REFUSED = {
    "-x": "meshctl follows no forward proxy; trace from the proxy's pod",
    "--proxy": "meshctl follows no forward proxy; trace from the proxy's pod",
    "--socks5": "meshctl follows no forward proxy; trace from the proxy's pod",
    "--unix-socket": "meshctl begins at a network address",
    "-E": "give the certificate's name with --cert-san",
    "--cert": "give the certificate's name with --cert-san",
    "--key": "give the certificate's name with --cert-san",
    "-K": "write its options out",
    "--config": "write its options out",
    "--interface": "give the client's address with --from",
    "--http3": "a request over QUIC is a line of --requests",
}
_NOT_FOLLOWED = "a redirect is not followed: trace the Location that it names"


class Curl(Struct):
    """What was understood so far."""

    url: str = ""
    method: str = ""
    headers: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    implied: dict[str, str] = field(
        default_factory=dict
    )  # headers that curl adds itself, unless they are given
    http: str = ""
    head: bool = False
    get: bool = False
    put: bool = False
    resolves: list[str] = field(default_factory=list)
    to: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> Wanted:
        """The request."""
        url, body = self.url, "&".join(self.data)
        if self.get and body:
            url, body = f"{url}{'&' if '?' in url else '?'}{body}", ""
        method = self.method or ("HEAD" if self.head else "PUT" if self.put else "POST" if body else "")
        given = {header.partition(":")[0].strip().lower() for header in self.headers}
        implied = {**({"content-type": _FORM} if body else {}), **self.implied}
        headers = [*self.headers, *(f"{n}: {v}" for n, v in implied.items() if n not in given)]
        return Wanted(url, method, tuple(headers), self.http == "2", self.http == "1.0", body=body)


def _header(curl: Curl, value: str) -> None:
    if value.startswith("@"):
        raise UsageError(f"-H {value}: headers from a file are not read", "", "Write them out.")
    name, colon, content = value.partition(":")
    if colon and (
        content.strip() or name.strip().lower() == "host"
    ):  # `-H 'name:'` takes one of curl's own away
        curl.headers.append(value)
    elif value.endswith(";"):
        curl.headers.append(f"{value[:-1]}: ")
    elif not colon:
        raise UsageError(f"header {value!r} has no colon", "", "Write -H 'name: value'.")


def _data(curl: Curl, value: str) -> None:
    curl.data.append(value)


def _urlencode(curl: Curl, value: str) -> None:
    name, equals, content = value.partition("=")
    curl.data.append(f"{name}={quote_plus(content)}" if equals and name else quote_plus(content or name))


def _json(curl: Curl, value: str) -> None:
    curl.data.append(value)
    curl.implied |= {"content-type": "application/json", "accept": "application/json"}


def _form(curl: Curl, value: str) -> None:
    curl.data.append(value)
    curl.implied["content-type"] = "multipart/form-data; boundary=x"


def _cookie(curl: Curl, value: str) -> None:
    if "=" not in value:
        raise UsageError(f"-b {value}: cookies from a file are not read", "", "Write -b 'name=value'.")
    curl.implied["cookie"] = value


def _user(curl: Curl, value: str) -> None:
    text = value if ":" in value else f"{value}:"
    curl.implied["authorization"] = f"Basic {base64.b64encode(text.encode()).decode()}"


def _connect_to(curl: Curl, value: str) -> None:
    parts = value.rsplit(":", 2)
    if len(parts) != 3:
        raise UsageError(f"--connect-to {value!r} is not HOST:PORT:ADDRESS:PORT")
    curl.to = f"{parts[1]}:{parts[2]}" if parts[2] else parts[1]


def _implied(name: str) -> Callable[[Curl, str], None]:
    def put(curl: Curl, value: str) -> None:
        curl.implied[name] = value

    return put


def _set(name: str, value: object) -> Callable[[Curl, str], None]:
    return lambda curl, _: setattr(curl, name, value)


def _url(curl: Curl, value: str) -> None:
    if curl.url:
        raise UsageError("more than one URL is given", f"{curl.url} and {value}.", "Trace them one by one.")
    curl.url = value


def _upload(curl: Curl, value: str) -> None:
    curl.put = True


def _location(curl: Curl, value: str) -> None:
    curl.notes.append(_NOT_FOLLOWED)


_Act = Callable[[Curl, str], None]
_WITH_VALUE: dict[str, _Act] = {
    "-X": lambda curl, value: setattr(curl, "method", value.upper()), "-H": _header, "-d": _data, "--data-raw": _data,
    "--data-binary": _data, "--data-ascii": _data, "--data-urlencode": _urlencode, "--json": _json, "-F": _form,
    "-b": _cookie, "-A": _implied("user-agent"), "-e": _implied("referer"), "-u": _user, "-T": _upload,
    "-r": lambda curl, value: curl.implied.update(range=f"bytes={value}"), "--url": _url, "--connect-to": _connect_to,
    "--resolve": lambda curl, value: curl.resolves.append(value),
    **dict.fromkeys(_PASSED_OVER_WITH_VALUE, lambda curl, value: None),
}  # fmt: skip
_ALONE: dict[str, _Act] = {
    "-I": _set("head", True), "-G": _set("get", True), "-0": _set("http", "1.0"), "--http1.1": _set("http", "1.1"),
    "--http2": _set("http", "2"), "--http2-prior-knowledge": _set("http", "2"), "-L": _location,
    "--location-trusted": _location, "--compressed": lambda curl, _: curl.implied.update({"accept-encoding": "gzip"}),
    **dict.fromkeys(_PASSED_OVER, lambda curl, value: None),
}  # fmt: skip
_LONG = {
    "--request": "-X", "--header": "-H", "--data": "-d", "--form": "-F", "--cookie": "-b", "--user-agent": "-A",
    "--referer": "-e", "--user": "-u", "--upload-file": "-T", "--range": "-r", "--head": "-I", "--get": "-G",
    "--http1.0": "-0", "--location": "-L",
}  # fmt: skip


def read(words: Sequence[str], start: Curl | None = None) -> Curl:
    """A curl command line, without the word curl; raises UsageError for an option that cannot be followed."""
    curl = start or Curl()
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "-" or not word.startswith("-"):
            _url(curl, word)
            continue
        name, value = _split(word)
        name = _LONG.get(name, name)
        if name in _REFUSED:
            raise UsageError(f"curl's {name} cannot be followed", "", f"{_REFUSED[name].capitalize()}.")
        if name in _ALONE:
            _ALONE[name](curl, "")
            if value and not word.startswith("--"):
                queue.insert(0, f"-{value}")  # the next of a cluster, as in -sv
            continue
        act = _WITH_VALUE.get(name)
        if act is None:
            raise UsageError(
                f"curl's option {name} is not known", "", "Leave it out, or write the request without curl."
            )
        if value is None and not queue:
            raise UsageError(f"curl's option {name} wants a value")
        act(curl, queue.pop(0) if value is None else value)
    return curl


def _split(word: str) -> tuple[str, str | None]:
    """An option and what is attached to it: ``--url=x`` is curl's too, ``-XPOST`` and ``-sv`` for short ones."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None
