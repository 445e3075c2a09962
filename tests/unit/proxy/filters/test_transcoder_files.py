"""What stands in a file of the proxy's is not seen: a transcoder's descriptors; and the numbers of a key, in base64."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.filters.http.jwks import _bytes
from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import get
from tests.unit.proxy.filters.chains import a_filter, passages

FILE = {"proto_descriptor": "/etc/envoy/api.pb"}
SEEN: list[tuple[dict[str, Any], str, bool]] = [  # the transcoder, the request's content type, whether what it does is open
    ({**FILE, "services": ["a.B"]}, "application/json", True), ({**FILE, "services": ["a.B"]}, "application/grpc", False), ({**FILE, "services": ["a.B"]}, "application/grpc+proto", False), ({**FILE, "services": []}, "application/json", False), ({**FILE}, "application/json", False),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "content", "open_"), SEEN)
def test_descriptors_in_a_file_are_not_seen(fields: dict[str, Any], content: str, open_: bool) -> None:
    transcoder = a_filter("grpc_json_transcoder.v3.GrpcJsonTranscoder", **fields)
    found = passages((transcoder,), get("/", "a.com", ("content-type", content)))
    assert bool([way for way in found if way.undetermined]) is open_
    if not open_:
        assert {way.verdict.disposition for way in found} == {Disposition.DELIVERED}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", b""),
        ("YQ", b"a"),
        ("YWI", b"ab"),
        ("YWJj", b"abc"),
        ("YWJjZA", b"abcd"),
        ("_-8", b"\xff\xef"),
        (None, b""),
    ],
)
def test_base64url_has_no_padding(text: str | None, plain: bytes) -> None:
    assert _bytes(text) == plain
