"""``snapshot show --check`` lists what is as random as a secret; nothing is removed by it."""

from __future__ import annotations

import json
import pathlib

from meshctl.share.doubts import kept
from tests.cli import run


def test_a_random_string_is_listed_with_its_place_and_not_in_full() -> None:
    data = json.dumps(
        {"a": [{"x-tenant": "Zx81kQpLmN04vTyRw7JuPq2"}], "version_info": "Zx81kQpLmN04vTyRw7JuPq2"}
    )
    assert list(kept(data.encode())) == [("a[0].x-tenant", "Zx81kQ…")]


def test_names_are_not_listed() -> None:
    data = json.dumps(
        {"cluster": "outbound|80||nginx.test.svc.cluster.local", "b": "details-v1-79f774bdb9-abcde"}
    )
    assert list(kept(data.encode())) == []


def test_the_command_lists_them(tmp_path: pathlib.Path) -> None:
    (tmp_path / "config_dump.json").write_text(
        json.dumps({"configs": [{"tenant": "Zx81kQpLmN04vTyRw7JuPq2"}]})
    )
    done = run("snapshot", "show", str(tmp_path), "--check")
    assert "tenant looks like a secret: Zx81kQ…" in done.err
