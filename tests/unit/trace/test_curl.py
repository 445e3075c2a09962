"""curl's words: understood as curl understands them, passed over, or refused by name."""

from __future__ import annotations

import json

import pytest

from meshctl.errors import UsageError
from meshctl.trace import curl
from tests import cli
from tests.corpus import ROOT

STORY = str(ROOT / "examples" / "story")
FORM = "content-type: application/x-www-form-urlencoded"

UNDERSTOOD = [
    ("http://a/", ("http://a/", "", ())),
    ("-sv http://a/", ("http://a/", "", ())),
    ("-sSkXPUT http://a/", ("http://a/", "PUT", ())),
    ("-X put --url=http://a/", ("http://a/", "PUT", ())),
    ("-I http://a/", ("http://a/", "HEAD", ())),
    ("-d x=1 http://a/", ("http://a/", "POST", (FORM,))),
    ("--json {} http://a/", ("http://a/", "POST", ("content-type: application/json", "accept: application/json"))),
    ("-G -d x=1 -d y=2 http://a/?z", ("http://a/?z&x=1&y=2", "", ())),
    ("-d x -X PATCH -H Content-Type:text/plain http://a/", ("http://a/", "PATCH", ("Content-Type:text/plain",))),
    ("-b a=b -A me http://a/", ("http://a/", "", ("cookie: a=b", "user-agent: me"))),
    ("-u ann:secret http://a/", ("http://a/", "", ("authorization: Basic YW5uOnNlY3JldA==",))),
    ("-T file http://a/", ("http://a/", "PUT", ())),
    ("-o /dev/null -w %{http_code} -m 5 http://a/", ("http://a/", "", ())),
    ("--compressed -r 0-9 http://a/", ("http://a/", "", ("accept-encoding: gzip", "range: bytes=0-9"))),
    ("-H accept: http://a/", ("http://a/", "", ())),
    ("-H x-empty; http://a/", ("http://a/", "", ("x-empty: ",))),
    ("-H Host: http://a/", ("http://a/", "", ("Host:",))),
    ("-e from -A me -H User-Agent:you http://a/", ("http://a/", "", ("User-Agent:you", "referer: from"))),
    ("-F a=b http://a/", ("http://a/", "POST", ("content-type: multipart/form-data; boundary=x",))),
    ("-u ann http://a/", ("http://a/", "", ("authorization: Basic YW5uOg==",))),
    ("-G --data-urlencode x=a&b http://a/", ("http://a/?x=a%26b", "", ())),
    ("-G --data-urlencode =a&b http://a/", ("http://a/?a%26b", "", ())),
    ("-G --data-urlencode a&b http://a/", ("http://a/?a%26b", "", ())),
    ("-I -d x http://a/", ("http://a/", "HEAD", (FORM,))),
    ("-X DELETE -I http://a/", ("http://a/", "DELETE", ())),
    ("-T file -X POST http://a/", ("http://a/", "POST", ())),
    ("-G http://a/", ("http://a/", "", ())),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), UNDERSTOOD, ids=[line for line, _ in UNDERSTOOD])
def test_understood(line: str, wanted: tuple[str, str, tuple[str, ...]]):
    found = curl.read(line.split()).wanted
    assert (found.url, found.method, found.headers) == wanted


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("-x proxy:3128 http://a/", "-x"),
        ("--cert c.pem http://a/", "--cert"),
        ("--unix-socket /s http://a/", "--unix-socket"),
        ("--made-up http://a/", "--made-up"),
        ("-b jar.txt http://a/", "-b jar.txt"),
        ("-H", "-H wants a value"),
        ("http://a/ http://b/", "more than one URL"),
    ],
)
def test_refused_by_name(line: str, word: str):
    with pytest.raises(UsageError, match=word):
        curl.read(line.split())


def test_addresses_and_versions():
    found = curl.read(
        ["--http2", "--resolve", "a:80:1.2.3.4", "--connect-to", "a:80:5.6.7.8:81", "http://a/"]
    )
    assert (found.resolves, found.to, found.wanted.http2) == (["a:80:1.2.3.4"], "5.6.7.8:81", True)


def received(*words: str) -> dict[str, object]:
    outcome = cli.run("trace", "--dir", STORY, "-o", "json", "test-pod", *words)
    assert outcome.rc == 0, outcome.err
    return json.loads(outcome.out)["outcomes"][0]["received"]


def test_a_whole_command_line_after_two_dashes():
    found = received("--", "curl", "-sv", "-XPOST", "-H", "x-user: ann", "http://nginx.test/x")
    assert (found["method"], found["path"]) == ("POST", "/x")
    assert ["x-user", "ann"] in found["headers"]


def test_the_same_words_without_curl():
    found = received("-I", "-b", "a=b", "-v", "-k", "http://nginx.test/")
    assert found["method"] == "HEAD"
    assert ["cookie", "a=b"] in found["headers"]


def test_a_redirect_is_said_not_to_be_followed():
    assert "not followed" in cli.run("trace", "--dir", STORY, "test-pod", "-L", "http://nginx.test/").err


@pytest.mark.parametrize(
    "words", [("test-pod",), ("test-pod", "--dir", STORY), ("test-pod", "--", "curl", "-s")]
)
def test_a_missing_url_is_said_to_be_missing(words: tuple[str, ...]):
    outcome = cli.run("trace", *words)
    assert outcome.rc == 2
    assert "the URL is missing" in outcome.err or "a URL is needed" in outcome.err
