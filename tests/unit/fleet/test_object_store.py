"""A data set in an object store is the same as in a folder, and what is wrong with the store is told."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests import cli
from tests.corpus import ROOT
from tests.unit.fleet import google_store, object_store
from tests.unit.fleet.conftest import PROXIES, TODAY

pytest.importorskip("duckdb")


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", object_store.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with object_store.serving() as found:
        yield found


@pytest.fixture
def google():
    """A bucket of Google's object store."""
    pytest.importorskip("gcp_storage_emulator")
    command = [sys.executable, "-m", google_store.__name__]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as emulator:
        assert emulator.stdout is not None
        at = f"scheme=http&endpoint_override=127.0.0.1%3A{int(emulator.stdout.readline())}"
        yield lambda path: f"gs://anonymous@{google_store.BUCKET}/{path}?{at}"
        emulator.kill()


def index(made, to: str):
    return cli.run(
        "fleet", "index", str(made), "--mesh", "prod", "--date", TODAY, "--to", to, "--workers", "1"
    )


def test_what_is_in_the_store_answers_as_a_folder_does(made, place, store):
    to = store.uri("fleet")
    assert index(made, to).rc == 0
    assert "0 proxies" in index(made, to).err
    for question in ("versions", "drift", "rejected", "unused-clusters", "excluded-port 5432"):
        there, here = (
            cli.run("fleet", "ask", *question.split(), "--from", p, "-o", "json").out for p in (to, place)
        )
        assert json.loads(there) == json.loads(here), question


def test_googles_store_answers_as_a_folder_does(made, place, google):
    to = google("fleet")
    assert "holds no fleet data" in cli.run("fleet", "ask", "versions", "--from", to).err
    assert index(made, to).rc == 0
    assert "0 proxies" in index(made, to).err
    for question in ("versions", "drift", "rejected"):
        there, here = (
            cli.run("fleet", "ask", *question.split(), "--from", p, "-o", "json").out for p in (to, place)
        )
        assert json.loads(there) == json.loads(here), question


def test_what_no_manifest_names_is_not_read(made, store):
    to = store.uri("fleet")
    assert index(made, to).rc == 0
    for key in [k for k in store.objects if "/manifests/" in k and k.endswith(".json")]:
        del store.objects[key]
    assert "holds no fleet data" in cli.run("fleet", "ask", "versions", "--from", to).err
    assert index(made, to).rc == 0
    (found,) = json.loads(
        cli.run("fleet", "sql", "SELECT count(*) AS n FROM proxies", "--from", to, "-o", "json").out
    )
    assert found["n"] == PROXIES


@pytest.mark.parametrize(
    "command", [("sql", "SELECT 1", "--from"), ("index", "{made}", "--to")], ids=["sql", "index"]
)
def test_no_credentials_are_told_in_three_lines(made, store, monkeypatch, command):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    done = cli.run("fleet", *(word.format(made=made) for word in command), store.uri("fleet"))
    assert done.rc == 1
    assert "access is denied" in done.err
    assert len(done.err.splitlines()) <= 3


def test_an_empty_bucket_is_told(store):
    done = cli.run("fleet", "ask", "versions", "--from", store.uri("fleet"))
    assert done.rc == 1
    assert "holds no fleet data" in done.err


def test_a_bucket_that_is_not_there_is_told(made, store):
    done = index(made, store.uri("fleet").replace("s3://bucket/", "s3://nowhere/"))
    assert done.rc == 1
    assert "no such bucket" in done.err
    assert len(done.err.splitlines()) <= 3


def test_a_store_that_does_not_answer_is_told(store):
    to = store.uri("fleet")
    store.shutdown()
    store.server_close()
    done = cli.run("fleet", "ask", "versions", "--from", to)
    assert done.rc == 1
    assert len(done.err.splitlines()) <= 3
