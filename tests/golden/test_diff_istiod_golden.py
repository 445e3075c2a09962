"""``diff POD istiod`` on recordings: a real istiod's /debug/config_dump beside what the real Envoys had at that moment.

The recorded Envoys were given istiod's resources without Istio's own filters (they were built without them), and two of
them refused what was planted: that, and nothing else, is what differs.
"""

from __future__ import annotations

import json
import re

import pytest

from meshctl.diff.resources import Difference, Side, difference
from meshctl.diff.values import Kind
from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from tests.corpus import corpus

pytestmark = pytest.mark.corpus

STAGES = ("bookinfo-steady", "bookinfo-stale", "bookinfo-gone")
_LEFT_OUT = re.compile(
    r"(filter_chains\[.*|default_filter_chain\.filters)\[istio\.(stats|metadata_exchange|alpn)\]|filters"
)
# What the stage's server had broken on purpose, so that Envoy refused it.
REFUSED = {
    "ratings-v1": ("listener", "virtualOutbound", "there Envoy refused it"),
    "ratings-v2": ("cluster", "outbound|9080||reviews.bookinfo.svc.cluster.local", ""),
}


def side(name: str, body: bytes) -> Side:
    return Side(name, snapshot.load(documents.read(body, name, Notes()), name), (), True)


def pairs(stage: str) -> dict[str, Difference]:
    """Each proxy that both istiod and its Envoy were asked about."""
    folder = corpus("width/istiod-raw") / stage
    lines = [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines() if line.strip()]
    answers = {one["path"]: folder / one["file"] for one in lines if one["status"] == 200}
    found = {}
    for dump in sorted((folder / "pods").iterdir()):
        name = dump.name.removesuffix(".config_dump.json")
        answer = answers.get(f"/debug/config_dump?proxyID={name}")
        if answer is not None:
            found[name] = difference(side("istiod", answer.read_bytes()), side(name, dump.read_bytes()))
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_what_differs_is_what_the_lab_left_out_and_what_envoy_refused(stage):
    found = pairs(stage)
    assert len(found) >= 6
    for name, one in found.items():
        assert one.open == ()
        assert one.same >= 10
        alone = [each for each in one.resources if each.kind is not Kind.CHANGED]
        expected = [what for workload, what in REFUSED.items() if name.startswith(workload)]
        assert [(each.word, each.name, each.note) for each in alone] == expected
        paths = [change.path for each in one.resources for change in each.changes]
        assert paths
        assert [path for path in paths if not _LEFT_OUT.fullmatch(path)] == []
