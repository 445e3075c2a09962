"""``all -o json``: the dump as Envoy wrote it, byte for byte, unless a secret has to be taken out."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from tests.cli import run

CLUSTERS = {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "version_info": "1"}


def _secrets(key: str) -> dict[str, Any]:
    chain, private_key = {"inline_bytes": "Y2VydGlmaWNhdGU="}, {"inline_bytes": key}
    certificate = {"certificate_chain": chain, "private_key": private_key}
    secret = {"name": "default", "tls_certificate": certificate}
    return {
        "@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump",
        "dynamic_active_secrets": [{"name": "default", "secret": secret}],
    }


REDACTED = json.dumps({"configs": [CLUSTERS, _secrets("W3JlZGFjdGVkXQ==")]}, indent=3)
CLEAR = json.dumps({"configs": [CLUSTERS, _secrets("U0VDUkVU")]})
# Two lists under one name: a reader of JSON sees the last, a reader of the text both.
TWICE = '{"configs": ' + json.dumps([_secrets("U0VDUkVU")]) + ', "configs": ' + json.dumps([CLUSTERS]) + "}"
TWICE_INSIDE = CLEAR.replace(
    '"inline_bytes": "U0VDUkVU"', '"inline_bytes": "U0VDUkVU", "inline_bytes": "W3JlZGFjdGVkXQ=="'
)
TWICE_ABOVE = CLEAR.replace(
    '"tls_certificate":',
    '"tls_certificate": {"private_key": {"inline_bytes": "U0VDUkVU"}}, "tls_certificate":',
).replace('"U0VDUkVU"}}}', '""}}}')
_LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
# No other name in them says that a secret may stand there.
ONLY_ESCAPED = json.dumps({"configs": [{**CLUSTERS, "more": {"hmac_secret": "U0VDUkVU"}}]}).replace(
    "hmac_secret", "hm\\u0061c_secret"
)
IN_A_SCRIPT = json.dumps(
    {"configs": [{**CLUSTERS, "more": {"@type": _LUA, "code": "-----BEGIN PRIVATE KEY-----\nU0VDUkVU"}}]}
).replace("PRIVATE KEY", "PRIVATE\\u0020KEY")
ESCAPED = CLEAR.replace("private_key", "priv\\u0061te_key")
BESIDE = json.dumps({"configs": [CLUSTERS], "more": {"private_key": {"inline_bytes": "U0VDUkVU"}}})
LARGE = json.dumps({"configs": [{**CLUSTERS, "version_info": "v" * 2_100_000}, _secrets("U0VDUkVU")]})


MORE = json.dumps({"more": 1, "configs": [CLUSTERS, _secrets("W3JlZGFjdGVkXQ==")]}, indent=3)
OUTSIDE = json.dumps(
    {"more": {"private_key": {}}, "configs": [CLUSTERS, _secrets("W3JlZGFjdGVkXQ==")]}, indent=3
)


@pytest.mark.parametrize(
    "text", [REDACTED, MORE, OUTSIDE], ids=["as ever", "with more", "with names outside"]
)
def test_a_dump_that_envoy_redacted_is_not_touched(tmp_path: pathlib.Path, text: str) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(text)
    outcome = run("pc", "all", "-f", str(dump), "-o", "json")
    assert (outcome.rc, outcome.out) == (0, text + "\n")
    assert "twice" not in outcome.err


IN_CLEAR = {
    "in a section": CLEAR,
    "under a name that comes twice": TWICE,
    "in a source that comes twice": TWICE_INSIDE,
    "in a certificate that comes twice": TWICE_ABOVE,
    "under a name with an escape": ESCAPED,
    "only under a name with an escape": ONLY_ESCAPED,
    "in a script with an escape": IN_A_SCRIPT,
    "beside the sections": BESIDE,
    "in a large dump": LARGE,
}


@pytest.mark.parametrize("text", IN_CLEAR.values(), ids=IN_CLEAR)
def test_a_key_in_clear_is_taken_out_wherever_it_stands(tmp_path: pathlib.Path, text: str) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(text)
    outcome = run("pc", "all", "-f", str(dump), "-o", "json")
    assert outcome.rc == 0 and "U0VDUkVU" not in outcome.out
