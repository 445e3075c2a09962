"""``make bench``: all figures, one table a benchmark. ``python -m bench proxy-config`` makes only the named ones.

Seconds depend on the machine and on what else it does; a ratio is to a peer measured in the same run, which the
first row of each table names. Where a row names a target, it is the ratio that must not be exceeded. istioctl's own
ratios to json.load are 2.0 for a table, 3.0 for everything as JSON, 7.7 as YAML.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

from bench.measure import Row, table

# name -> module, function, title. Each function measures its peer in the same run.
BENCHMARKS: dict[str, tuple[str, str, str]] = {
    "proxy-config": (
        "bench.proxy_config",
        "rows",
        "Views of a large dump, relative to json.load of the same file",
    ),
    "small": ("bench.proxy_config", "small_rows", "A small dump, relative to an empty Python"),
    "live": ("bench.live", "rows", "A large dump through a port-forward, relative to Envoy printing it"),
    "trace": ("bench.trace", "rows", "Requests traced, relative to the time that the goal allows"),
    "snapshot": ("bench.snapshot", "rows", "Snapshots of many pods"),
    "everywhere": ("bench.everywhere", "rows", "Views of all pods, relative to the Envoys printing them"),
    "fleet": ("bench.fleet", "rows", "A fleet indexed and asked, relative to its dumps printed as JSON"),
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        module, function, title = BENCHMARKS[name]
        rows: Callable[[], list[Row]] = getattr(importlib.import_module(module), function)
        print(table(title, rows()), flush=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
