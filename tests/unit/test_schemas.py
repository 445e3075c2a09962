"""Every document that the program prints itself follows its published schema."""

from __future__ import annotations

import copy
import json

import jsonschema
import msgspec
import pytest

from meshctl.render.interface import Document, schema_version
from meshctl.schemas import KINDS, read
from meshctl.share.index import FileEntry, Index, PodEntry
from tests import cli, documents


def _validator(kind: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(read(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "snapshot"])
def test_every_example_follows_its_schema(kind: str):
    validator = _validator(kind)
    found = list(documents.examples(kind))
    assert found
    for value in found:
        assert [error.message for error in validator.iter_errors(value)] == []
        if kind not in ("request", "error"):
            assert value["schemaVersion"] == schema_version(kind)


def test_the_index_of_a_snapshot_follows_its_schema():
    pod = PodEntry("a", "b", "pods/b/a", "sidecar", {"config_dump.json": FileEntry(1, "ab")})
    value = Document(Index(pods=[pod]), kind="snapshot").content
    assert not list(_validator("snapshot").iter_errors(msgspec.json.decode(msgspec.json.encode(value))))


def test_a_field_that_is_gone_or_has_another_type_is_noticed():
    validator = _validator("trace")
    value = next(iter(documents.examples("trace")))
    for change in ("gone", "other"):
        wrong = copy.deepcopy(value)
        if change == "gone":
            del wrong["verdict"]
        else:
            wrong["outcomes"] = "none"
        assert list(validator.iter_errors(wrong)), change


def test_the_command_prints_them():
    listed = cli.run("schema").out
    assert [line.split()[0] for line in listed.splitlines()] == list(KINDS)
    assert json.loads(cli.run("schema", "trace").out)["title"] == "meshctl trace"
    wrong = cli.run("schema", "nothing")
    assert wrong.rc == 2 and "There are trace" in wrong.err


def test_every_object_of_our_own_has_a_kind():
    """A command that prints an object of its own without one would have no schema."""
    for words in (
        ("trace", "test-pod", "http://nginx.test/", "--dir", documents.STORY),
        ("check", "-f", documents.STORY),
    ):
        assert "schemaVersion" in json.loads(cli.run(*words, "-o", "json").out)
