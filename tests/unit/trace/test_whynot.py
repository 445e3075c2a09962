"""--why-not: the first thing that keeps a request from a cluster, in a person's words; a name is never denied and offered."""

from __future__ import annotations

import pytest

from meshctl.trace.ways import loop, outside
from meshctl.trace.whynot import _reaches
from tests import cli
from tests.corpus import ROOT

DUMPS = ROOT / "tests" / "fixtures" / "whynot"


def why_not(dump: str, name: str, *request: str) -> str:
    return cli.run("trace", "-f", str(DUMPS / dump), *request, "--why-not", name).out


def test_a_cluster_that_is_there_and_to_which_nothing_leads():
    said = why_not(
        "route-to-a-missing-subset.json", "outbound|9080||web.demo.svc.cluster.local", "http://web.demo:9080/"
    )
    assert "is there, but nothing in 9080 leads to it" in said
    assert "outbound|9080|v1|web.demo.svc.cluster.local does not exist" in said
    assert "Nothing on the way knows" not in said and "Similar names" not in said


def test_a_chain_that_a_more_specific_one_is_taken_before():
    said = why_not("more-specific-chain.json", "bar", "https://bar.example/", "--to", "93.184.216.34:443")
    assert "chain #1 of listener egress leads to bar, but a more specific chain claims the connection" in said


def test_a_name_that_nothing_knows_gets_similar_ones():
    said = why_not(
        "route-to-a-missing-subset.json", "outbound|9080||web.demo.svc.cluster.locl", "http://web.demo:9080/"
    )
    assert "Nothing on the way knows" in said
    assert "Similar names: outbound|9080||web.demo.svc.cluster.local" in said


def test_where_it_gets_and_how_it_ends_there():
    said = why_not(
        "route-to-a-missing-subset.json", "web.demo.svc.cluster.local:9080", "http://web.demo:9080/"
    )
    assert said.splitlines()[1].startswith(
        "It does reach web.demo.svc.cluster.local:9080: 100 % of the time; there it ends NO_CLUSTER"
    )


def test_code_and_flags_do_not_hang_on_an_access_log():
    done = cli.run("trace", "-f", str(DUMPS / "route-to-a-missing-subset.json"), "http://web.demo:9080/")
    assert done.rc == 1
    assert "[503 NC cluster_not_found]" in done.out


def test_explain_says_which_virtual_host():
    done = cli.run(
        "trace", "-f", str(DUMPS / "route-to-a-missing-subset.json"), "http://web.demo:9080/", "--explain"
    )
    assert ".virtual_hosts[0].routes[0]" in done.out or ".virtual_hosts[1].routes[0]" in done.out


REACHED = [  # a name, whether a way that ends at an address outside reaches it
    ("external", True), ("8.8.8.8:80", True), ("8.8.8.8", False), ("web", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "reached"), REACHED)
def test_whether_a_way_reaches_where_it_ends(name: str, reached: bool) -> None:
    assert _reaches(outside("8.8.8.8:80", http=True), name) is reached
    assert not _reaches(loop("a loop"), name)
