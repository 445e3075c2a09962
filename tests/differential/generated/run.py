"""``python -m tests.differential.generated.run``: one Envoy, many drawn listeners, and what the trace says of them.

``--seed`` and ``--only NUMBER`` draw one listener again; ``--keep FOLDER`` keeps Envoy's configuration and dump.
"""

from __future__ import annotations

import pathlib

from tests.differential.generated import sketch
from tests.differential.generated.draw import Draw
from tests.differential.generated.laboratory import Upstreams, dump, free_ports, logged, running, send_all
from tests.differential.generated.report import Report, command, compared, record_of

LISTENERS, REQUESTS = 60, 14


def run(
    seed: int, folder: pathlib.Path, numbers: list[int] | None = None, requests: int = REQUESTS
) -> Report:
    """Draw the listeners of these numbers, send, compare."""
    numbers = list(range(LISTENERS)) if numbers is None else numbers
    log, ports = folder / "access.log", free_ports(len(numbers))
    listeners, items = [], []
    for number, port in zip(numbers, ports, strict=True):
        draw, name = Draw(f"{seed}:{number}"), f"L{number}"
        listeners.append(sketch.listener(draw, name, port, log))
        items += [sketch.asked(draw, name, port, turn) for turn in range(requests)]
    with (
        Upstreams() as upstreams,
        running(listeners, sketch.clusters(Draw(f"{seed}"), upstreams.ports), folder) as admin,
    ):
        shot = dump(admin)
        (folder / "dump.json").write_bytes(shot)
        answers = send_all(items)
        entries = logged(log, {a.rid for a in items if answers[a.rid][0] not in (0, 400)})
        seen = dict(upstreams.seen)
    topic = f"seed {seed}"
    records = [record_of(topic, a, answers[a.rid], entries.get(a.rid), seen.get(a.rid)) for a in items]
    return compared(seed, shot, records)


def main() -> None:
    command(run, "run", __doc__ or "")


if __name__ == "__main__":
    main()
