"""``python -m tests.lab``: the story's mesh up, down, looked at, told and recorded."""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import time

from tests.lab import keep, place
from tests.lab.place import LabError


def up(options: argparse.Namespace) -> None:
    began = time.monotonic()
    keep.up(options.name)
    print(
        f"The lab {options.name!r} is up ({time.monotonic() - began:.1f} s). python -m tests.lab down ends it."
    )


def down(options: argparse.Namespace) -> None:
    place.require()
    place.sweep()
    place.remove(options.name)
    print(f"The lab {options.name!r} is gone.")


def status(options: argparse.Namespace) -> None:
    lab = keep.running(options.name)
    print(f"lab {lab.name}, folder {lab.folder}")
    for pod in lab.model.pods:
        try:
            ready = lab.admin(pod.name, "/ready").decode().strip()
        except OSError as error:
            ready = f"does not answer: {error}"
        print(f"{pod.name:28}{pod.ip:16}Envoy {ready:8}namespace {lab.network.namespace(pod.name)}")


def run(options: argparse.Namespace) -> None:
    from tests.lab.story import tell

    place.require()
    if place.keeper(options.name) is not None:
        for paragraph in tell(keep.running(options.name)):
            print(paragraph, flush=True)
        return
    began = time.monotonic()
    with keep.mesh(options.name) as lab:
        print(f"The lab is up ({time.monotonic() - began:.1f} s).", flush=True)
        for paragraph in tell(lab):
            print(paragraph, flush=True)


def faults(options: argparse.Namespace) -> None:
    """The story's mesh with three faults, and a shell to find them in; the lab goes with the shell."""
    from tests.lab.shell import explore

    place.require()
    if place.keeper(options.name) is not None:
        raise LabError(f"the lab {options.name!r} is up already; python -m tests.lab down")
    with keep.mesh(options.name, keep.faults()) as lab:
        raise SystemExit(explore(lab))


def execute(options: argparse.Namespace) -> None:
    lab = keep.running(options.name)
    raise SystemExit(subprocess.run(lab.command(options.pod, options.command, options.uid)).returncode)


def logs(options: argparse.Namespace) -> None:
    sys.stdout.write((keep.running(options.name).pod_folder(options.pod) / "access.log").read_text())


def snapshot(options: argparse.Namespace) -> None:
    keep.running(options.name).record(options.folder)
    print(f"Recorded to {options.folder}.")


def record(options: argparse.Namespace) -> None:
    from tests.lab.recording import record_all

    place.require()
    for path in record_all():
        print(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def add(name: str, function: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text)
        command.add_argument("--name", default="story", help="of the lab; labs of different names are apart")
        command.set_defaults(function=function)
        return command

    add("up", up, "bring the lab up and leave it")
    add("down", down, "take it away, whatever is left of it")
    add("status", status, "what is up")
    add("run", run, "tell the story live (brings a lab up for it if none is)")
    add("faults", faults, "bring a lab up with three faults to find, and a shell in it")
    add("keep", lambda options: keep.keep(options.name), "hold a lab in this process (what up starts)")
    command = add("exec", execute, "run a program in a pod")
    command.add_argument("--uid", type=int, default=1000)
    command.add_argument("pod")
    command.add_argument("command", nargs=argparse.REMAINDER)
    add("logs", logs, "a proxy's access log").add_argument("pod")
    add("snapshot", snapshot, "record the pods for meshctl --dir").add_argument("folder", type=pathlib.Path)
    add("record", record, "record tests/fixtures/lab and the tutorial's outputs again")
    return parser


def main() -> None:
    options = _parser().parse_args()
    try:
        options.function(options)
    except LabError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
