"""A listener that cannot be read costs itself: who may call is still told of the others, or what it hangs on is."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.cli import run
from tests.corpus import ROOT

DUMP = ROOT / "examples" / "story" / "nginx-7c79c4bf97-7985c" / "config_dump.json"


def dump(folder: pathlib.Path, odd: object, *, keep_inbound: bool) -> str:
    """The story's server with an odd listener before the others; its inbound listener without its well-known name."""
    document = json.loads(DUMP.read_text("utf-8"))
    (section,) = [one for one in document["configs"] if one["@type"].endswith(".ListenersConfigDump")]
    entries = section["dynamic_listeners"]
    (inbound,) = [one for one in entries if one["name"] == "virtualInbound"]
    inbound["name"] = inbound["active_state"]["listener"]["name"] = "from-outside"
    first = json.loads(json.dumps(inbound))
    first["name"] = first["active_state"]["listener"]["name"] = "odd"
    first["active_state"]["listener"]["bind_to_port"] = odd
    section["dynamic_listeners"] = [first, *(one for one in entries if keep_inbound or one is not inbound)]
    file = folder / "config_dump.json"
    file.write_text(json.dumps(document), "utf-8")
    return str(file)


@pytest.mark.parametrize("odd", [{"a": 1}, [1], "yes", 7])
@pytest.mark.parametrize("command", [("authz", "show"), ("authz", "matrix", "--port", "80")])
def test_the_listener_that_can_be_read_answers(
    command: tuple[str, ...], odd: object, tmp_path: pathlib.Path
) -> None:
    done = run(*command, "-f", dump(tmp_path, odd, keep_inbound=True))
    assert "fault of meshctl" not in done.err
    assert done.rc == 0, done.err
    assert bool(done.out) == (command[1] == "show")  # one pod alone has no other to call it


def test_where_only_the_odd_one_is_left_the_place_is_told(tmp_path: pathlib.Path) -> None:
    done = run("authz", "show", "-f", dump(tmp_path, {"a": 1}, keep_inbound=False))
    assert (done.rc, done.out) == (1, "")
    assert "Listener.bind_to_port is an object, where the API has a truth value" in done.err
    assert "fault of meshctl" not in done.err
    assert len(done.err.splitlines()) <= 3
