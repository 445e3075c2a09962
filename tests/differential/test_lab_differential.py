"""Random meshes of the lab: each request is sent for real and traced offline; both must agree in every field.

iptables path, listener, filter chain, virtual host, route, cluster, endpoint, code, flags and details of both pods.
Where chance decides (weights, endpoints), what happened must be one of the outcomes. MESHCTL_SEED chooses the
first mesh, MESHCTL_MESHES how many; a difference names its seed, and ``python -m tests.fuzz --seed N`` shrinks it.
"""

from __future__ import annotations

import os

import pytest

from tests.lab import place
from tests.lab.differential import Tally, check
from tests.lab.generate import case
from tests.lab.mesh import Mesh
from tests.lab.observe import Observer

pytestmark = [pytest.mark.root, pytest.mark.envoy]

SEED = int(os.environ.get("MESHCTL_SEED", "1000"))
MESHES = int(os.environ.get("MESHCTL_MESHES", "20"))
REQUESTS = 16


def test_every_request_goes_the_way_its_trace_says() -> None:
    reason = place.why_not()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    tally = Tally()
    with Mesh(f"d{os.getpid()}", case(SEED, 0).model, fresh=True) as lab, Observer(lab) as observer:
        for seed in range(SEED, SEED + MESHES):
            check(lab, observer, case(seed, REQUESTS), tally)
    print(tally)
    assert tally.requests == MESHES * REQUESTS
    assert not tally.differences, [(d.request.id, d.request, d.found) for d in tally.differences[:5]]
    assert tally.again <= tally.requests * 0.03, tally
    # A trace that says nothing would never be wrong, and a mesh where nothing arrives would test nothing.
    assert tally.undetermined <= tally.requests * 0.02, tally
    assert tally.verdicts.get("DELIVERED", 0) >= tally.requests * 0.2, tally
    assert len(tally.verdicts) >= 5 or MESHES < 10, tally


def test_a_seed_makes_the_same_mesh_and_requests_again() -> None:
    first, again = case(SEED, 30), case(SEED, 30)
    assert first == again
    assert case(SEED + 1, 30).documents != first.documents


def test_a_wrong_trace_is_noticed() -> None:
    """The comparison itself: each field that is changed in what happened is a difference."""
    from tests.lab.compare import FIELDS, differences

    capture = [{"hook": "output", "dst": "10.0.0.1:80", "rules": [["nat", "OUTPUT", 1]]}]
    hop = {**dict.fromkeys(FIELDS, "x"), "capture": capture, "upstream_capture": capture}
    said = {"client_capture": capture, "code": 200, "hops": [hop, hop]}
    assert differences(said, {**said, "error": None}) == []
    for field in FIELDS:
        real = {**said, "error": None, "hops": [hop, {**hop, field: "y"}]}
        assert len(differences(said, real)) == 1, field
    other = [{**capture[0], "rules": [["nat", "OUTPUT", 2]]}]
    for changed in (
        {"client_capture": other},
        {"code": 503},
        {"hops": [hop]},
        {"hops": [hop, {**hop, "capture": other}]},
        {"hops": [{**hop, "upstream_capture": other}, hop]},
    ):
        assert len(differences(said, {**said, "error": None, **changed})) == 1, changed
