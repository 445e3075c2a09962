"""An endpoint's address in its parts."""

from __future__ import annotations

import pytest

from meshctl.proxy.model import Endpoint


@pytest.mark.parametrize(
    ("address", "ip", "port"),
    [
        ("10.0.0.1:80", "10.0.0.1", 80),
        ("[fd00::1]:80", "fd00::1", 80),
        ("name.example:8080", "name.example", 8080),
        ("pipe:/var/run/x", "pipe", 0),
        ("internal", "", 0),
        ("", "", 0),
    ],
)
def test_address_and_port(address: str, ip: str, port: int) -> None:
    one = Endpoint(address, 1.0)
    assert (one.ip, one.port) == (ip, port)
