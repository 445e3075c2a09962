"""The fleet on a real standalone cluster: both engines make and answer the same, whoever is killed."""

from __future__ import annotations

import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

from bench import fleet
from tests import cli
from tests.live import spark_cluster, spark_k8s
from tests.unit.fleet import object_store

pytest.importorskip("duckdb")

from meshctl.commands.fleet.trace_map import answers, groups
from meshctl.fleet.duck import Duck
from meshctl.fleet.questions import questions, values
from meshctl.fleet.schema import METADATA_KEY, TABLES, VERSION
from meshctl.fleet.store import Store
from meshctl.fleet.views import ALL, LATEST, Chosen, dates

PROXIES, PART = 75, 15
DAYS = ("2026-11-26", "2026-11-27")
# The command itself, but in small units, so that there are some for each worker.
SMALL_UNITS = """
import sys
from meshctl import cli
from meshctl.fleet import units
units.MOST_PODS = 15
if __name__ == "__main__":
    cli.main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    spark_cluster.require()
    with spark_cluster.cluster(tmp_path_factory.mktemp("spark")) as found:
        yield found


@pytest.fixture(scope="module")
def pods(tmp_path_factory) -> pathlib.Path:
    """A fleet, and beside its pods a dump that is cut off, one of another tool, and an archive."""
    folder = tmp_path_factory.mktemp("spark-fleet") / "pods"
    fleet.Fleet(1).write(folder, range(PROXIES))
    whole = sorted(folder.glob("proxies/*/*"))[0]
    bad = folder / "proxies" / "team0" / "bad-pod"
    bad.mkdir()
    data = (whole / "config_dump.json").read_bytes()
    (bad / "config_dump.json").write_bytes(data[: len(data) // 3])
    fleet.Fleet(1, version="1.30.1").write(folder.parent / "other", range(200, 203))
    shutil.make_archive(str(folder / "night"), "gztar", folder.parent / "other")
    (folder / "cut.tar.gz").write_bytes((folder / "night.tar.gz").read_bytes()[:20_000])
    return folder


@pytest.fixture(scope="module")
def local(pods, tmp_path_factory) -> str:
    """The data set as this machine makes it, of two days."""
    to = tmp_path_factory.mktemp("spark-fleet") / "local"
    for day in DAYS:
        cli.run(
            "fleet",
            "index",
            str(pods),
            "--mesh",
            "prod",
            "--date",
            day,
            "--to",
            str(to),
            "--workers",
            "1",
            "--check",
        )
    return str(to)


def start(master: str, pods, to, day: str, folder: pathlib.Path) -> subprocess.Popen[str]:
    script = folder / "index.py"
    script.write_text(SMALL_UNITS)
    words = ["fleet", "index", pods, "--mesh", "prod", "--date", day, "--to", to, "--check"]
    return subprocess.Popen(
        [sys.executable, script, *map(str, words), "--engine", "spark", "--master", master],
        env={**os.environ, **spark_cluster.ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(what, process, seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not what() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()


def content(duck) -> dict[str, list[str]]:
    """All rows, in an order of their own, without what tells one run from another."""
    found = {}
    for table in TABLES:
        columns = ", ".join(c.name for c in table.columns if c.name not in ("written", "taken"))
        found[table.name] = sorted(map(repr, duck.ask(f"SELECT {columns} FROM {table.name}").to_pylist()))
    return found


@pytest.fixture(scope="module")
def bucket():
    """An object store, and the data set's place in it."""
    with object_store.serving() as store:
        yield store, store.uri("fleet")


@pytest.fixture(scope="module")
def distributed(cluster, pods, bucket, tmp_path_factory) -> str:
    """The data set as the cluster makes it: while it works on the first day the indexer is killed, then a worker;
    another worker while it writes that day into an object store; on the second day the master."""
    folder = tmp_path_factory.mktemp("spark-fleet")
    to = folder / "spark"
    killed = start("local[1]", pods, to, DAYS[0], folder)
    wait_for(lambda: rows_of(to), killed)
    killed.kill()
    killed.communicate()
    assert Store(str(to)).manifests == []

    running = start(cluster.url, pods, to, DAYS[0], folder)
    before = rows_of(to)
    wait_for(lambda: rows_of(to) - before, running)
    spark_cluster.kill(cluster.workers[0])
    whole(running)
    cluster.workers[0] = cluster.worker(0)

    store, place = bucket
    running = start(cluster.url, pods, place, DAYS[0], folder)
    wait_for(lambda: any(key.endswith(".parquet") for key in list(store.objects)), running)
    spark_cluster.kill(cluster.workers[1])
    whole(running)
    cluster.workers[1] = cluster.worker(1)

    running = start(cluster.url, pods, to, DAYS[1], folder)
    before = rows_of(to)
    wait_for(lambda: rows_of(to) - before, running)
    spark_cluster.kill(cluster.master)
    whole(running)
    return str(to)


def rows_of(to: pathlib.Path) -> set[pathlib.Path]:
    """The files that executors have written."""
    return set(to.glob("data/**/*.parquet"))


def whole(running: subprocess.Popen[str]) -> None:
    out, err = running.communicate(timeout=400)
    assert f"{PROXIES + 3} proxies" in err, out + err


@pytest.mark.timeout(1200)  # a dozen Java machines begin
def test_the_cluster_makes_the_same_data_set_as_this_machine_though_indexer_worker_and_master_are_killed(
    local, distributed
):
    ours, theirs = content(Duck(Store(local))), content(Duck(Store(distributed)))
    for table in TABLES:
        assert theirs[table.name] == ours[table.name], table.name
    _check_files(distributed)
    assert len(ours["proxies"]) == 2 * (PROXIES + 3)
    assert {"bad-pod" in row or "cut.tar.gz" in row for row in ours["errors"]} == {True}


def _check_files(distributed: str) -> None:
    """The files of executors carry the version of the schema, and each resource stands once."""
    import pyarrow.parquet as pq

    store = Store(distributed)
    for file in store.files("routes"):
        assert pq.read_metadata(store.uri(file.path)).metadata[METADATA_KEY] == str(VERSION).encode()
    hashes = list(store.column("resources", "hash"))
    assert len(hashes) == len(set(hashes))


@pytest.mark.timeout(1200)
def test_an_object_store_has_the_same_data_set_and_answers_alike(local, distributed, bucket, monkeypatch):
    for key, value in spark_cluster.ENVIRONMENT.items():
        monkeypatch.setenv(key, value)
    from meshctl.fleet import spark_sql

    store = Store(bucket[1])
    ours, theirs = content(Duck(Store(local), Chosen(DAYS[0]))), content(Duck(store))
    of_files = [row for row in ours["resources"] if row in set(theirs["resources"])]
    assert theirs == {**ours, "resources": of_files}
    with spark_sql.opened(store, Chosen(LATEST), "local[2]") as spark:
        for name in ("versions", "drift", "rejected", "findings", "heaviest"):
            asked = values(questions()[name], [], {}, dates(store), datetime.datetime(2026, 11, 27, 12))
            found = spark.ask(questions()[name].sql, asked).to_pylist()
            assert found == Duck(store, Chosen(LATEST)).ask(questions()[name].sql, asked).to_pylist()
            assert found, name


K8S = f"""
spark.kubernetes.container.image  registry.test/meshctl:1
spark.kubernetes.namespace        fleet
spark.executor.instances          1
spark.driver.host                 127.0.0.1
spark.executorEnv.AWS_ACCESS_KEY_ID      {object_store.KEY}
spark.executorEnv.AWS_SECRET_ACCESS_KEY  secret
"""


@pytest.mark.timeout(600)
def test_executors_may_be_pods_of_a_cluster(bucket, tmp_path, monkeypatch):
    """The API server is a stand-in: it starts what Spark makes pods of as the image's entrypoint would."""
    spark_cluster.require()
    fleet.Fleet(1).write(tmp_path / "pods", range(4))
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-defaults.conf").write_text(K8S)
    place = bucket[0].uri("k8s")
    with spark_k8s.serving(tmp_path) as api:
        words = ["fleet", "index", tmp_path / "pods", "--to", place, "--engine", "spark", "--master", api.url]
        done = subprocess.run(
            [sys.executable, "-m", "meshctl", *map(str, words)],
            env={**os.environ, **spark_cluster.ENVIRONMENT, "SPARK_CONF_DIR": str(tmp_path / "conf")},
            capture_output=True,
            text=True,
            timeout=400,
        )
        for (
            key,
            value,
        ) in spark_cluster.ENVIRONMENT.items():  # this process has no keys before: the pod got its own
            monkeypatch.setenv(key, value)
        assert "4 proxies" in done.stderr, done.stderr
        (pod,) = api.pods.values()
    assert pod["spec"]["containers"][0]["image"] == "registry.test/meshctl:1"
    assert len(Duck(Store(place)).ask("SELECT * FROM proxies").to_pylist()) == 4


def test_both_engines_answer_every_question_alike(local, monkeypatch):
    spark_cluster.require()
    for key, value in spark_cluster.ENVIRONMENT.items():
        monkeypatch.setenv(key, value)
    from meshctl.fleet import spark_sql

    store = Store(local)
    now = datetime.datetime(2026, 11, 27, 12)
    answered = 0
    for comparing in (False, True):
        chosen = Chosen(ALL if comparing else LATEST)
        duck = Duck(store, chosen)
        with spark_sql.opened(store, chosen, "local[2]") as spark:
            for name, question in questions().items():
                if question.compares != comparing:
                    continue
                words = [
                    _WORDS.get((name, p.name), "9080" if p.type == "whole" else "reviews")
                    for p in question.parameters
                    if p.default is None and p.type != "two"
                ]
                asked = values(question, words, {}, dates(store), now)
                ours, theirs = duck.ask(question.sql, asked), spark.ask(question.sql, asked)
                assert theirs.column_names == ours.column_names, name
                assert theirs.to_pylist() == ours.to_pylist(), name
                answered += bool(ours.num_rows)
            if not comparing:
                work = groups(local, [("prod", day) for day in DAYS], REQUESTS, 1)
                mapped = spark._spark.sparkContext.parallelize(work, len(work)).flatMap(answers).collect()
                assert mapped == [one for group in work for one in answers(group)]
    assert answered >= 15


REQUESTS = [
    (1, b'{"id": "reviews", "from": "app0-v1", "url": "http://reviews.bookinfo:9080/"}'),
    (2, b'{"id": "drifted", "from": "app10-v1", "url": "http://details.bookinfo:9080/"}'),
]
_WORDS = {
    ("excluded-port", "port"): "5432",
    ("who-may-call", "workload"): "app1-v1",
    ("drift-of", "workload"): "app10-v1",
}
