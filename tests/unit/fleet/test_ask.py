"""The named questions, asked of a fleet in which the answers were planted."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bench import fleet
from meshctl.fleet.questions import dollars, named, parse, questions
from tests import cli
from tests.unit.fleet.conftest import PROXIES, TODAY

pytest.importorskip("duckdb")


def planted(word: str) -> set[str]:
    """The proxies in which something was planted."""
    made = fleet.Fleet(1)
    return {f"{made.name(n)[0]}.{made.namespace(n)}" for n in range(PROXIES) if word in made.plants(n)}


def ask(place: str, *words: str) -> list[dict]:
    done = cli.run("fleet", "ask", *words, "--from", place, "-o", "json")
    assert done.rc == 0, done.err
    return json.loads(done.out)


@pytest.mark.parametrize(
    ("words", "plant"),
    [
        (("certificates", "--within", "7d"), "soon"),
        (("excluded-port", "5432"), "excluded"),
        (("listens-on", "5005"), "open"),
    ],
    ids=" ".join,
)
def test_a_question_names_the_proxies_that_were_planted_and_no_others(place, words, plant):
    assert planted(plant)
    assert {row["proxy"] for row in ask(place, *words)} == planted(plant)


def test_drift_names_the_workloads_with_a_replica_of_another_configuration(place):
    found = ask(place, "drift")
    made = fleet.Fleet(1)
    wanted = {made.name(n)[1] for n in range(PROXIES) if {"drift", "open"} & set(made.plants(n))}
    assert {row["workload"] for row in found} == wanted
    assert {row["for_example"] for row in found if row["proxies"] == 1} == planted("drift") | planted("open")


def test_drift_of_names_the_resource(place):
    (workload,) = {row["workload"] for row in ask(place, "drift") if row["for_example"] in planted("drift")}
    assert {(row["kind"], row["name"]) for row in ask(place, "drift-of", workload)} == {("route", "9080")}


def test_a_refused_update_is_told_with_envoys_words(place):
    (found,) = ask(place, "rejected")
    assert (found["proxies"], found["rejected_because"]) == (1, "duplicate listener address: planted")
    assert found["for_example"] in planted("refused")


def test_versions_are_counted(place):
    assert {row["istio_version"]: row["proxies"] for row in ask(place, "versions")} == {
        "1.31.0": PROXIES - len(planted("old")),
        "1.28.3": len(planted("old")),
    }


def test_who_sends_to_a_subset(place):
    found = ask(place, "routes-to", "reviews", "--subset", "v1")
    assert len({row["proxy"] for row in found}) == PROXIES
    assert {row["virtual_service"] for row in found} == {"reviews.bookinfo"}
    assert ask(place, "routes-to", "review") == []


def test_a_workload_without_policies_may_be_called_by_anyone(place):
    (found,) = ask(place, "who-may-call", "app1-v1")
    assert (found["policy"], found["proxies"]) == ("none", 5)


@pytest.mark.parametrize("name", sorted(n for n, q in questions().items() if not q.compares))
def test_every_question_has_an_answer_in_every_form(place, name):
    question = questions()[name]
    words = ["1" if p.type == "whole" else "reviews" for p in question.parameters if p.default is None]
    for form in ("table", "json", "csv"):
        done = cli.run("fleet", "ask", name, *words, "--from", place, "-o", form)
        assert done.rc == 0, done.err
    rows = list(csv.reader(io.StringIO(done.out)))
    assert len(rows) == len(ask(place, name, *words)) + 1


def test_there_are_twenty_questions_or_more_and_the_list_shows_how_each_is_asked():
    shown = cli.run("fleet", "ask").out.splitlines()
    assert len(shown) == len(questions()) >= 20
    assert any(line.startswith("certificates [--within 7d]") for line in shown)
    assert any(line.startswith("routes-to HOST [--subset TEXT]") for line in shown)


def test_a_folder_of_ones_own_questions_stands_above_ours(place, tmp_path):
    (tmp_path / "how-many.sql").write_text(
        "-- How many?\n-- :least whole = 0   at least\nSELECT count(*) AS n FROM proxies WHERE :least <= 5"
    )
    assert ask(place, "how-many", "--questions", str(tmp_path)) == [{"n": PROXIES}]
    assert ask(place, "how-many", "--least", "6", "--questions", str(tmp_path)) == [{"n": 0}]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("certificate",), "Did you mean certificates?"),
        (("routes-to",), "routes-to needs HOST"),
        (("certificates", "--within", "soon"), "'soon' is no duration"),
        (("certificates", "--until", "7d"), "certificates takes no --until"),
        (("listens-on", "http"), "'http' is no whole number"),
        (("changed",), "two dates are compared"),
        (("versions", "--date", "2020-01-01"), "there is no date 2020-01-01"),
        (("versions", "--mesh", "test"), "there is no mesh test"),
        (("versions", "-o", "xml"), 'output format "xml" not supported'),
    ],
    ids=str,
)
def test_what_does_not_fit_is_told_in_three_lines(place, words, told):
    done = cli.run("fleet", "ask", *words, "--from", place)
    assert done.rc == 2
    assert told in done.err
    assert len(done.err.splitlines()) <= 3


def test_sql_answers_as_parquet_that_can_be_read_again(place, tmp_path):
    import pyarrow.parquet as pq

    done = cli.run("fleet", "sql", "SELECT proxy, taken FROM proxies", "--from", place, "-o", "parquet")
    (tmp_path / "answer.parquet").write_bytes(done.raw)
    assert pq.read_table(tmp_path / "answer.parquet").num_rows == PROXIES


@pytest.mark.parametrize(
    "statement", ["SELEC 1", "SELECT nothing FROM proxies", "SELECT * FROM nowhere", " ; "]
)
def test_sql_that_is_none_is_told(place, statement):
    done = cli.run("fleet", "sql", statement, "--from", place)
    assert done.rc == 2
    assert len(done.err.splitlines()) <= 3


def test_the_shell_reads_statements_from_standard_input(place):
    script = b"SELECT count(*) AS n\nFROM proxies;\n.columns secrets\nSELECT oops;\n"
    done = cli.run("fleet", "shell", "--from", place, "-o", "csv", stdin=script)
    assert done.out.startswith(f"n\n{PROXIES}\n")
    assert "not_after,TIMESTAMP" in done.out
    assert done.rc == 1
    assert "oops" in done.err


def test_parameters_stand_outside_quotes_and_comments():
    sql = "SELECT ':a', \"x:b\", c::text, :d -- :e\nFROM t WHERE x = :f"
    assert named(sql) == ["d", "f"]
    assert dollars(sql) == "SELECT ':a', \"x:b\", c::text, $d -- :e\nFROM t WHERE x = $f"


def test_a_question_that_names_what_it_does_not_declare_is_refused():
    with pytest.raises(Exception, match="names :host, which it does not declare"):
        parse("q", "-- What?\nSELECT :host")


def test_one_date_is_asked_where_it_is_named(place):
    assert ask(place, "versions", "--date", TODAY) == ask(place, "versions")
