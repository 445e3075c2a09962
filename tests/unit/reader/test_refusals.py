"""What cannot be read is refused in three lines: what it is, why it does not help here, which command gets what would."""

from __future__ import annotations

import pathlib

import pytest

from tests.cli import DUMPS, run

GIVEN_BY_MISTAKE = [
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(40)),
    ("a program", b"\x7fELF" + bytes(100)),
    ("a packet capture", b"\xd4\xc3\xb2\xa1" + bytes(40)),
    ("an HTML page", b"<!DOCTYPE html><html><body>Sign in</body></html>"),
    ("a 7z archive", b"7z\xbc\xaf\x27\x1c" + bytes(40)),
    ("a table of `istioctl proxy-config`", b"ADDRESSES PORT  MATCH DESTINATION\n0.0.0.0   9080  ALL   Route: 9080\n"),
    ("the table of `kubectl get pods`", b"NAME    READY   STATUS    RESTARTS   AGE\nweb-0   2/2     Running   0          3d\n"),
    ("the output of `kubectl describe`", b"Name:         web-0\nNamespace:    demo\nPriority:     0\n"),
    ("an access log of Envoy", b'[2024-02-21T07:43:45.387Z] "GET / HTTP/1.1" 503 UH "-" "-" 0 19 0 - "-"\n'),
    ("a log of Envoy", b"2024-02-21T07:43:45.387748Z\tinfo\tenvoy main\tstarting workers\n"),
]  # fmt: skip
COMMANDS = [
    ("pc", "listener", "-f"),
    ("pc", "all", "-f"),
    ("capture", "show", "-f"),
    ("capture", "lint", "-f"),
    ("snapshot", "show"),
    ("trace", "http://web.demo/", "-f"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(c) for c in COMMANDS])
@pytest.mark.parametrize(("what", "data"), GIVEN_BY_MISTAKE, ids=[g[0] for g in GIVEN_BY_MISTAKE])
def test_what_was_given_by_mistake_is_named(
    what: str, data: bytes, command: tuple[str, ...], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "given"
    path.write_bytes(data)
    found = run(*command, str(path))
    assert found.rc == 1
    assert found.out == ""
    assert len(found.err.splitlines()) == 3, found.err
    assert f"it is {what}" in found.err


SAVE = b"*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: web-0}\nspec: {containers: [{name: app}]}\n"
DUMP = (DUMPS / "gateway.config_dump.json.gz").read_bytes()
OF_ANOTHER_COMMAND = [
    (("pc", "listener", "-f"), SAVE, "`meshctl capture show` reads it"),
    (("trace", "http://web.demo/", "-f"), SAVE, "`meshctl capture show` reads it"),
    (("pc", "listener", "-f"), POD, "`meshctl capture show --pod` reads it"),
    (("trace", "http://web.demo/", "-f"), POD, "`meshctl capture show --pod` reads it"),
    (("capture", "show", "-f"), DUMP, "`meshctl proxy-config` and `trace -f` read it"),
    (("capture", "lint", "-f"), DUMP, "`meshctl proxy-config` and `trace -f` read it"),
    (("trace", "http://web.demo/", "-f", str(DUMPS / "gateway.config_dump.json.gz"), "--rules"), DUMP,
     "`meshctl proxy-config` and `trace -f` read it"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "data", "said"), OF_ANOTHER_COMMAND)
def test_what_another_command_reads_is_sent_there(
    command: tuple[str, ...], data: bytes, said: str, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "given"
    path.write_bytes(data)
    found = run(*command, str(path))
    assert found.rc == 1
    assert len(found.err.splitlines()) == 3
    assert said in found.err


def test_a_cut_dump_is_refused_and_not_read_in_part(tmp_path: pathlib.Path) -> None:
    import gzip

    path = tmp_path / "dump.json"
    path.write_bytes(gzip.decompress(DUMP)[:50_000])
    found = run("pc", "listener", "-f", str(path))
    assert found.rc == 1
    assert "it was cut off" in found.err
