"""A trace on an anonymized snapshot takes the same way, renamed: for every request of every recorded mesh."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

import pytest

from meshctl.cli import main
from meshctl.share.anonymize import Anonymizer
from meshctl.share.index import PodEntry
from meshctl.sources.snapshot_format import Writer
from meshctl.sources.snapshot_share import anonymize, scan
from tests.corpus import available, corpus, corpus_root

SCENARIOS = sorted(p.name for p in (corpus_root() / "e2e").glob("*") if (p / "pods").is_dir()) or ["story"]
# Numbers and words of the result that are no names.
_PLAIN = {"verdict", "code", "flags", "probability", "direction", "hook", "rules", "id", "redirect_port"}


def snapshot_of(pods: pathlib.Path, target: pathlib.Path) -> Writer:
    """A recorded mesh as an unfinished snapshot."""
    writer = Writer(target, force=False, resume=False)
    for folder in sorted(pods.iterdir()):
        meta = json.loads((folder / "meta.json").read_text())
        place = f"pods/{meta['namespace']}/{folder.name}"
        shutil.copytree(folder, writer.work / place)
        writer.index.pods.append(PodEntry(folder.name, meta["namespace"], place))
    writer.write_index()
    return writer


def renamed(value: Any, names: Anonymizer, key: str = "") -> Any:
    """A request or result with every name in it replaced, also where addresses and hosts are keys."""
    if isinstance(value, dict):
        in_keys = key in ("upstream_hosts",)
        return {
            (names.text(k) if in_keys else k): v if k in _PLAIN else renamed(v, names, k)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [renamed(item, names, key) for item in value]
    return names.text(value) if isinstance(value, str) else value


def traced(
    folder: pathlib.Path, requests: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> list[Any]:
    path = folder.with_name(folder.name + ".jsonl")
    path.write_text("".join(json.dumps(r) + "\n" for r in requests))
    capsys.readouterr()
    main(["trace", "--dir", str(folder), "--requests", str(path)])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.corpus
@pytest.mark.skipif(not available(), reason="the recorded meshes are absent")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_way_renamed(
    scenario: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = corpus(f"e2e/{scenario}")
    requests = []
    for line in (recorded / "requests.jsonl").read_text().splitlines():
        record = json.loads(line)
        if not with_token(record["request"]):
            requests.append({key: record[key] for key in ("id", "from", "uid", "request")})
    plain = snapshot_of(recorded / "pods", tmp_path / "plain")
    plain.finish()
    hidden = snapshot_of(recorded / "pods", tmp_path / "hidden")
    names = anonymize(hidden)
    scan(hidden, names)
    hidden.finish()
    before = traced(tmp_path / "plain", requests, capsys)
    after = traced(tmp_path / "hidden", [renamed(r, names) for r in requests], capsys)
    assert len(before) == len(after) == len(requests)
    hashed = hashed_clusters(recorded / "pods")
    different = [
        b["id"]
        for b, a in zip(before, after, strict=True)
        if way(renamed(b, names)) != way(a) and not hashed & set(clusters_of(b))
    ]
    assert not different, f"{len(different)} of {len(requests)}: {different[:20]}"


def with_token(request: dict[str, Any]) -> bool:
    """A signed token names its issuer, and cannot be renamed with the issuer that the proxies ask for."""
    return "eyJ" in json.dumps(request)


def hashed_clusters(pods: pathlib.Path) -> set[str]:
    """Clusters that choose by a hash over the hosts' addresses: another address is another host's turn."""
    found = set()
    for path in pods.glob("*/config_dump.json"):
        for section in json.loads(path.read_bytes())["configs"]:
            for entry in section.get("dynamic_active_clusters") or ():
                if entry["cluster"].get("lb_policy") in ("RING_HASH", "MAGLEV"):
                    found.add(entry["cluster"]["name"])
    return found


def clusters_of(result: dict[str, Any]) -> list[str]:
    return [hop["cluster"] for outcome in result["outcomes"] for hop in outcome["hops"] if hop["cluster"]]


def way(result: dict[str, Any]) -> Any:
    """What of a result must stay the same: all but sentences, in which names stand among words."""
    text = {"reason", "undetermined", "assumed", "notes", "error", "details", "headers", "cause"}
    if isinstance(result, dict):
        return {k: way(v) for k, v in result.items() if k not in text}
    return sorted((way(v) for v in result), key=repr) if isinstance(result, list) else result
