"""The tables of flags and details against a real Envoy: its own list of flags, the words in its binary."""

from __future__ import annotations

import re
import subprocess

import pytest

from meshctl.why import details, flags
from tests import envoy

_BOOTSTRAP = """
static_resources:
  listeners:
  - name: any
    address: {socket_address: {address: 127.0.0.1, port_value: 10000}}
    filter_chains:
    - filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: any
          cluster: any
          access_log:
          - name: log
            filter: {response_flag_filter: {flags: [NONE_OF_THEM]}}
            typed_config: {"@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog}
"""


def test_the_flags_are_those_of_envoy(tmp_path):
    """Envoy refuses an unknown flag in a filter, and lists those that it has."""
    config = tmp_path / "envoy.yaml"
    config.write_text(_BOOTSTRAP)
    ran = subprocess.run(
        [envoy.binary(), "--mode", "validate", "-c", config], capture_output=True, text=True, timeout=60
    )
    listed = re.search(r"value must be in list \[([A-Z ]+)\]", ran.stderr)
    assert listed is not None, ran.stderr[-2000:]
    assert set(listed[1].split()) == set(flags.FLAGS)


def test_every_word_of_the_codecs_is_known():
    binary = envoy.binary().read_bytes()
    words = {word.decode() for word in re.findall(rb"\x00(http[123]\.[a-z_.0-9]{4,60})\x00", binary)}
    words -= {"http1.optionally_delay_close", "http2.keepalive_timeout"}  # of the runtime and of statistics
    missing = {word for word in words if word not in details.DETAILS}
    assert len(words) > 20
    assert not {w for w in missing if not w.endswith(".")}, missing


@pytest.mark.parametrize("word", ["UF", "uf", "UpstreamConnectionFailure", "upstreamconnectionfailure"])
def test_a_flag_is_found_by_both_forms_in_any_case(word):
    found = flags.find(word)
    assert found is not None and found.short == "UF"


def test_every_flag_says_something():
    for flag in flags.FLAGS.values():
        assert flag.meaning.words.endswith("."), flag.short
        assert flag.long[0].isupper() and flag.long.isalpha()


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("via_upstream", "via_upstream"),
        ("upstream_reset_before_response_started{connection_termination}", "connection_termination"),
        ("upstream_reset_before_response_started{connection_failure}", "connection_failure"),
        (
            "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}",
            "Connection_refused",
        ),
        (
            "upstream_reset_before_response_started{remote_connection_failure|TLS_error:_268435703:SSL_routines:"
            "OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end}",
            "WRONG_VERSION_NUMBER",
        ),
        ("downstream_local_disconnect(on_idle_timeout)", "on_idle_timeout"),
        ("response_timeout", "response_timeout"),
    ],
)
def test_the_most_telling_part_of_a_detail_comes_last(text, last):
    found = details.read(text)
    assert found is not None and found.meanings[-1][0] == last and not found.unknown


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (
            "ns[shop]-policy[no-delete]-rule[2]",
            "AuthorizationPolicy shop/no-delete (DENY) denied it by its rule 2",
        ),
        ("none", "No ALLOW policy matched"),
        ("my-own", "RBAC policy my-own denied it"),
    ],
)
def test_the_policy_that_denied_is_named(inner, words):
    found = details.read(f"rbac_access_denied_matched_policy[{inner}]")
    assert found is not None and found.meanings[0][1].words.startswith(words)


def test_a_refused_token_says_why():
    found = details.read("jwt_authn_access_denied{Jwt_is_expired}")
    assert found is not None and "Jwt is expired" in found.meanings[0][1].words


def test_a_word_that_no_table_has_is_unknown_not_guessed():
    found = details.read("a_vendors_own_word{connection_termination}")
    assert found is not None and found.unknown == ("a_vendors_own_word",)
