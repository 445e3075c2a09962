"""A port out of range is refused at the boundary, by every flag that takes one."""

from __future__ import annotations

import pathlib

import pytest

from tests.cli import dump_path, run

OUT = [
    "trace http://a:70000/ -f DUMP --at envoy",
    "trace http://a/ -f DUMP --at envoy --to 10.0.0.1:99999",
    "trace http://a/ -f DUMP --at envoy --to 10.0.0.1:-1",
    "trace http://a/ -f DUMP --at envoy --to [fd00::1]:65536",
    "trace http://a/ -f DUMP --at envoy --resolve a:65536:10.0.0.1",
    "capture walk -f RULES --in 65536 --from 10.0.0.9",
    "capture walk -f RULES --from app --to 10.0.0.1:65536",
    "capture walk -f RULES --hook output --dst 10.0.0.1 --dport 65536",
    "capture walk -f RULES --hook output --dst 10.0.0.1 --dport 80 --sport -1",
    "authz show POD:65536 -f DUMP",
    "authz check -f DUMP --port 65536",
    "authz matrix -f DUMP --port 0",
    "pc listener -f DUMP --proxy-admin-port 65536",
    "version --proxy-admin-port 65536",
    "snapshot --proxy-admin-port 0",
    "proxy-status --xds-address istiod:65536",
]


@pytest.mark.parametrize("words", OUT)
def test_a_port_out_of_range_is_wrong_usage(words: str, tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text("*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n")
    done = run(
        *words.replace("RULES", str(rules))
        .replace("DUMP", dump_path("bookinfo-productpage.config_dump"))
        .split()
    )
    assert (done.rc, done.out) == (2, "")
    assert "range" in done.err or "port" in done.err.lower() or "up to 65535" in done.err
