"""The indexer: what is there is whole, whoever is stopped, and whatever was given."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tarfile
import time

import pytest

import meshctl
from meshctl.errors import MeshctlError
from tests import cli, ctrl_c
from tests.unit.fleet.conftest import PROXIES, TODAY, YESTERDAY

pytest.importorskip("duckdb")

from meshctl.fleet.duck import Duck
from meshctl.fleet.schema import METADATA_KEY, TABLES
from meshctl.fleet.store import Store

# Units of five pods, so that there is something to stop.
SLOWLY = """
import sys
from meshctl.fleet import local, units
units.MOST_PODS = 5
if __name__ == "__main__":
    source, place = sys.argv[1:]
    local.index(units.units([source], "prod", "2026-11-27"), place, "prod", "2026-11-27", int(1), print)
"""


def index(source, to, *more: str):
    return cli.run(
        "fleet",
        "index",
        str(source),
        "--mesh",
        "prod",
        "--date",
        TODAY,
        "--to",
        str(to),
        "--workers",
        "1",
        *more,
    )


def content(place) -> dict[str, list[str]]:
    """All rows of a data set, in an order of their own, without what tells one run from another."""
    duck = Duck(Store(str(place)))
    found = {}
    for table in TABLES:
        if table.name == "units":
            continue
        columns = ", ".join(c.name for c in table.columns if c.name not in ("source", "taken"))
        rows = duck.ask(f"SELECT {columns} FROM {table.name}").to_pylist()
        found[table.name] = (
            sorted(tuple(row.values()) for row in rows if row) if False else sorted(map(repr, rows))
        )
    return found


def count(place, table: str = "proxies") -> int:
    return Duck(Store(str(place))).ask(f"SELECT count(*) AS n FROM {table}").to_pylist()[0]["n"]


def test_the_same_again_enters_nothing(made, place):
    before = sorted(p.name for p in pathlib.Path(place).rglob("*"))
    done = index(made, place)
    assert done.rc == 0
    assert "0 proxies" in done.err
    assert "were there already" in done.err
    assert sorted(p.name for p in pathlib.Path(place).rglob("*")) == before


def test_another_copy_of_the_same_content_is_known(made, place, tmp_path):
    shutil.copytree(made, tmp_path / "copy")
    assert "0 proxies" in index(tmp_path / "copy", place).err


def test_files_carry_the_version_of_the_schema(place):
    import pyarrow.parquet as pq

    for path in pathlib.Path(place).glob("data/*/**/*.parquet"):
        assert pq.read_metadata(path).metadata[METADATA_KEY] == b"1"


def test_an_equal_resource_is_stored_once(place):
    duck = Duck(Store(place))
    (found,) = duck.ask("SELECT count(*) AS n, count(DISTINCT hash) AS d FROM resources").to_pylist()
    assert found["n"] == found["d"]
    (missing,) = duck.ask(
        "SELECT count(*) AS n FROM configuration WHERE hash IS NOT NULL AND hash NOT IN (SELECT hash FROM resources)"
    ).to_pylist()
    assert missing["n"] == 0


def test_many_workers_make_the_same_as_one(made, place, tmp_path):
    script = tmp_path / "two.py"
    script.write_text(SLOWLY.replace("int(1)", "int(2)"))
    run = subprocess.run([sys.executable, script, made, tmp_path / "set"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert content(tmp_path / "set") == content(place)


def test_an_indexer_that_is_killed_leaves_whole_units_and_the_next_run_completes_them(made, place, tmp_path):
    script, to = tmp_path / "slowly.py", tmp_path / "set"
    script.write_text(SLOWLY)
    for wanted in (1, 4, 8):
        with subprocess.Popen([sys.executable, script, made, to], stdout=subprocess.DEVNULL) as process:
            until = time.monotonic() + 60
            while len(list(to.glob("manifests/[0-9a-f]*.json"))) < wanted and time.monotonic() < until:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
        there = count(to)
        assert wanted * 5 <= there < PROXIES
        assert there % 5 == 0
        rows = Duck(Store(str(to))).ask(
            "SELECT p.proxy FROM proxies p WHERE (SELECT count(*) FROM configuration c WHERE c.proxy = p.proxy AND c.kind = 'cluster' AND c.state <> 'error') <> p.clusters"
        )
        assert rows.num_rows == 0
    assert subprocess.run([sys.executable, script, made, to], capture_output=True).returncode == 0
    assert content(to) == content(place)


# The command itself, in small units.
COMMAND = """
import sys
from meshctl import cli
from meshctl.fleet import units
units.MOST_PODS = 5
if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[1:]))
"""


def running(made, to, tmp_path) -> subprocess.Popen[str]:
    """The command with two workers, once its first units are committed."""
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    words = ["fleet", "index", made, "--mesh", "prod", "--date", TODAY, "--to", to, "--workers", "2", "-q"]
    process = subprocess.Popen(
        [sys.executable, script, *words], stderr=subprocess.PIPE, text=True, preexec_fn=ctrl_c.heard
    )
    until = time.monotonic() + 60
    while not list(to.glob("manifests/[0-9a-f]*.json")) and time.monotonic() < until:
        time.sleep(0.002)
    return process


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The worker processes, by /proc."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process.pid and b"spawn_main" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def test_ctrl_c_ends_it_and_its_workers_and_what_was_entered_stays(made, place, tmp_path):
    to = tmp_path / "set"
    process = running(made, to, tmp_path)
    workers = workers_of(process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "The same command goes on where it stopped." in err
    assert workers
    assert not [pid for pid in workers if pathlib.Path(f"/proc/{pid}").exists()]
    assert count(to) % 5 == 0
    assert index(made, to).rc == 0


def test_a_worker_that_is_killed_is_told_and_the_next_run_completes(made, place, tmp_path):
    to = tmp_path / "set"
    process = running(made, to, tmp_path)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "a worker was ended from outside" in err
    assert len(err.splitlines()) <= 3
    script = tmp_path / "command.py"
    words = ["fleet", "index", made, "--mesh", "prod", "--date", TODAY, "--to", to, "--workers", "2", "-q"]
    assert subprocess.run([sys.executable, script, *words], capture_output=True).returncode == 0
    assert content(to) == content(place)


def test_two_indexers_at_once_make_what_one_makes(made, place, tmp_path):
    script, to = tmp_path / "slowly.py", tmp_path / "set"
    script.write_text(SLOWLY)
    both = [
        subprocess.Popen(
            [sys.executable, script, made, to], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.communicate()[1] == b""
        assert process.returncode == 0
    index(made, to)
    assert content(to) == content(place)


def test_a_full_disk_is_told_and_what_was_committed_stays(made, tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    write, calls = pq.ParquetWriter.write_table, []

    def fail(*args, **options):
        calls.append(1)
        if len(calls) > 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*args, **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", fail)
    done = index(made, tmp_path / "set")
    assert done.rc == 1
    assert "no space left" in done.err
    assert len(done.err.splitlines()) <= 3
    monkeypatch.undo()
    with pytest.raises(MeshctlError, match="holds no fleet data"):
        count(tmp_path / "set")
    assert not list((tmp_path / "set").rglob("*.parquet"))
    assert index(made, tmp_path / "set").rc == 0
    assert count(tmp_path / "set") == PROXIES


def few(made: pathlib.Path, to: pathlib.Path, number: int) -> pathlib.Path:
    """A folder with some of the fleet's pods."""
    for pod in sorted(made.glob("proxies/*/*"))[:number]:
        shutil.copytree(pod, to / pod.relative_to(made))
    return to


def errors(place) -> list[dict]:
    return json.loads(cli.run("fleet", "ask", "errors", "--from", str(place), "-o", "json").out)


def test_a_truncated_archive_costs_one_row_of_errors_and_no_other_source(made, tmp_path):
    few(made, tmp_path / "pods", 3)
    with tarfile.open(tmp_path / "whole.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "pods", "bug-report")
    data = (tmp_path / "whole.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(data[: len(data) // 2])
    done = cli.run(
        "fleet", "index", str(tmp_path / "cut.tar.gz"), str(tmp_path / "whole.tar.gz"), "--to", str(tmp_path / "set"),
        "--workers", "1",
    )  # fmt: skip
    assert done.rc == 1
    assert count(tmp_path / "set") == 3
    (found,) = errors(tmp_path / "set")
    assert found["source"].endswith("cut.tar.gz")
    assert "things could not be read" in done.err


def test_a_folder_of_archives_is_all_of_them(made, tmp_path):
    for number in (1, 2):
        few(made, tmp_path / f"pods{number}", number)
        (tmp_path / "night").mkdir(exist_ok=True)
        with tarfile.open(tmp_path / "night" / f"{number}.tar.gz", "w:gz") as archive:
            archive.add(tmp_path / f"pods{number}", "bug-report")
    assert index(tmp_path / "night", tmp_path / "set").rc == 0
    assert count(tmp_path / "set") == 2  # the first pod is in both: it counts once


def test_one_bad_dump_among_many_costs_one_row(made, tmp_path):
    few(made, tmp_path / "pods", 3)
    bad = sorted((tmp_path / "pods").rglob("config_dump.json"))[1]
    bad.write_bytes(bad.read_bytes()[:10_000])
    done = index(tmp_path / "pods", tmp_path / "set")
    assert done.rc == 1
    assert count(tmp_path / "set") + len(errors(tmp_path / "set")) >= 3
    assert all(row["what"] for row in errors(tmp_path / "set"))
    asked = cli.run("fleet", "ask", "versions", "--from", str(tmp_path / "set"))
    assert "This answer may lack something" in asked.err
    assert "things could not be read (fleet ask errors)" in asked.err


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nginx.conf", b"server { listen 80; }\n"),
        ("linkerd.json", b'{"linkerd": {"version": "2.14"}}\n'),
        ("empty.json", b""),
        ("random.bin", bytes(range(256)) * 40),
    ],
)
def test_the_dump_of_another_tool_is_told_and_entered(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    done = index(tmp_path / name, tmp_path / "set")
    assert done.rc == 1
    assert len(done.err.splitlines()) <= 4
    (found,) = errors(tmp_path / "set")
    assert found["source"].endswith(name)
    assert count(tmp_path / "set") == 0


def test_a_source_that_is_not_there_is_told(tmp_path):
    done = index(tmp_path / "nowhere", tmp_path / "set")
    assert done.rc == 1
    assert "does not exist" in done.err


def test_nothing_is_mixed_into_a_folder_of_something_else(made, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.tex").write_text("x")
    done = index(made, tmp_path / "set")
    assert done.rc == 2
    assert "holds something else" in done.err


def test_an_empty_place_is_told(tmp_path):
    done = cli.run("fleet", "sql", "SELECT 1", "--from", str(tmp_path))
    assert done.rc == 1
    assert "holds no fleet data" in done.err


def test_two_dates_are_compared(made, tmp_path):
    few(made, tmp_path / "pods", 4)
    to = str(tmp_path / "set")
    run = ("fleet", "index", str(tmp_path / "pods"), "--mesh", "prod", "--to", to, "--workers", "1", "--date")
    assert cli.run(*run, YESTERDAY).rc == 0
    for dump in sorted((tmp_path / "pods").rglob("config_dump.json"))[:2]:
        dump.write_text(dump.read_text().replace('"connect_timeout": "10s"', '"connect_timeout": "11s"'))
    assert cli.run(*run, TODAY).rc == 0
    done = cli.run("fleet", "ask", "changed", "--from", YESTERDAY, "--to", TODAY, "--from", to, "-o", "json")
    found = json.loads(done.out)
    assert {row["change"] for row in found} == {"changed"}
    assert {row["kind"] for row in found} == {"cluster"}
    assert sum(row["proxies"] for row in found if row["name"] == "BlackHoleCluster") == 2
    assert cli.run("fleet", "ask", "came-and-went", "--from", to).err.startswith("Nothing")


def test_a_proxy_that_is_entered_again_for_a_date_counts_once_with_what_came_last(made, tmp_path):
    few(made, tmp_path / "pods", 3)
    assert index(tmp_path / "pods", tmp_path / "set").rc == 0
    for dump in (tmp_path / "pods").rglob("config_dump.json"):
        dump.write_text(dump.read_text().replace('"ISTIO_VERSION": "1.31.0"', '"ISTIO_VERSION": "1.32.0"'))
    assert index(tmp_path / "pods", tmp_path / "set").rc == 0
    found = Duck(Store(str(tmp_path / "set"))).ask(
        "SELECT istio_version, count(*) AS n FROM proxies GROUP BY 1"
    )
    assert found.to_pylist() == [{"istio_version": "1.32.0", "n": 3}]


def test_findings_are_those_of_check_and_only_where_they_are_asked_for(made, tmp_path):
    few(made, tmp_path / "pods", 2)
    checked = cli.run("check", "-f", str(tmp_path / "pods"), "-o", "json")
    wanted = {(one["code"], one["object"]) for one in json.loads(checked.out)["findings"]}
    assert index(tmp_path / "pods", tmp_path / "set").rc == 0
    assert count(tmp_path / "set", "findings") == 0
    assert index(tmp_path / "pods", tmp_path / "set", "--check").rc == 0
    found = Duck(Store(str(tmp_path / "set"))).ask("SELECT DISTINCT code, object FROM findings").to_pylist()
    assert {(row["code"], row["object"]) for row in found} == wanted
    assert count(tmp_path / "set") == 2


def test_files_of_an_older_meshctl_answer_with_nothing_in_columns_that_are_new(place, tmp_path):
    import pyarrow.parquet as pq

    shutil.copytree(place, tmp_path / "set")
    for path in (tmp_path / "set").glob("manifests/*.json"):
        path.write_text(path.read_text().replace(f'"meshctl": "{meshctl.__version__}"', '"meshctl": "0.0.1"'))
    for path in (tmp_path / "set").glob("data/proxies/**/*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["facts"]), path)
    sql = "SELECT count(*) AS n, count(facts) AS facts, max(istio_version) AS v FROM proxies"
    (found,) = json.loads(cli.run("fleet", "sql", sql, "--from", str(tmp_path / "set"), "-o", "json").out)
    assert found == {"n": PROXIES, "facts": 0, "v": "1.31.0"}


def test_a_data_set_of_a_newer_schema_is_told(place, tmp_path):
    shutil.copytree(place, tmp_path / "set")
    path = next((tmp_path / "set").glob("manifests/*.json"))
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 99'))
    done = cli.run("fleet", "sql", "SELECT 1", "--from", str(tmp_path / "set"))
    assert done.rc == 1
    assert "has fleet schema 99" in done.err


def test_a_file_that_is_gone_is_told_in_three_lines(place, tmp_path):
    shutil.copytree(place, tmp_path / "set")
    next((tmp_path / "set").glob("data/routes/**/*.parquet")).unlink()
    done = cli.run("fleet", "sql", "SELECT count(*) FROM routes", "--from", str(tmp_path / "set"))
    assert done.rc == 1
    assert len(done.err.splitlines()) <= 3
