"""Memory stays under three times the input and 100 MB, and the processor's time under a wide limit, whatever is asked of a large dump."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from tests.cli import dump_json

# A small process of its own starts the command: what a child is charged for begins with its parent's size.
_MEASURE = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.stderr[-300:])
"""
_KEYS = ("dynamic_active_clusters", "dynamic_listeners", "dynamic_route_configs", "dynamic_endpoint_configs")
_EACH = 5_000_000  # bytes of a section


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A recorded dump, its sections repeated under other names: about 20 MB."""
    dump = dump_json("bookinfo-productpage.config_dump")
    for section in dump["configs"]:
        for key in _KEYS:
            if key in section:
                one = json.dumps(section[key])[1:-1]
                copies = (
                    one.replace(".svc.cluster.local", f"-{i}.svc.cluster.local")
                    for i in range(_EACH // len(one))
                )
                section[key] = json.loads(f"[{','.join((one, *copies))}]")
    path = tmp_path_factory.mktemp("large") / "config_dump.json"
    path.write_text(json.dumps(dump))
    return path


@pytest.mark.parametrize(
    "command",
    [
        "pc listener",
        "pc cluster",
        "pc endpoint",
        "pc route -o wide",
        "pc cluster -o json",
        "pc all -o json",
        "pc all -o yaml",
        "trace http://reviews:9080/ --at envoy --to 10.96.23.33:9080",
        "authz show",
        "authz check",
        "check",
    ],
)
def test_memory_and_time_are_bounded_by_the_input(command: str, large: pathlib.Path) -> None:
    words = [sys.executable, "-m", "meshctl", *command.split(), "-f", str(large)]
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, *words], capture_output=True, text=True, timeout=300
    )
    code, kilobytes, errors = run.stdout.split(" ", 2)
    assert int(code) in (0, 1, 3), errors  # a process that is killed has another
    size = large.stat().st_size
    assert size > 15_000_000
    assert int(kilobytes) * 1024 <= 3 * size + 100_000_000, (command, kilobytes)


def test_a_log_of_any_size_takes_the_memory_of_its_distinct_lines(tmp_path: pathlib.Path) -> None:
    line = (
        '[2026-01-01T00:00:00.000Z] "GET /%d HTTP/1.1" 200 - via_upstream - "-" 0 1 1 1 "-" "curl" "%d" "a" "10.0.0.1:80" '
        "outbound|80||a.b 10.0.0.2:1 10.0.0.3:80 10.0.0.2:2 - default\n"
    )
    log = tmp_path / "access.log"
    with log.open("w") as file:
        file.writelines(line % (i, i) for i in range(200_000))
    words = [sys.executable, "-m", "meshctl", "why", "--log", str(log)]
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, *words], capture_output=True, text=True, timeout=300
    )
    code, kilobytes, errors = run.stdout.split(" ", 2)
    assert code == "0", errors
    assert int(kilobytes) * 1024 < 100_000_000
