"""A lab that stays up by itself: a keeper process holds it, others find it by its name."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading

from tests.lab import place
from tests.lab.mesh import Mesh
from tests.lab.model import Model, parse
from tests.lab.place import LabError
from tests.lab.reach import Reach

MANIFEST = pathlib.Path(__file__).with_name("story.yaml")
FAULTS = MANIFEST.with_name("faults.yaml")
NGINX = {"nginx-7c79c4bf97-7985c": 80}
_READY = "ready"


def story() -> Model:
    return parse(MANIFEST.read_text())


def faults() -> Model:
    """The story with three faults planted (docs/lab-faults.md)."""
    return parse(MANIFEST.read_text() + "\n---\n" + FAULTS.read_text())


def mesh(name: str, model: Model | None = None) -> Mesh:
    """The story's lab in this process, or another's; each request has connections of its own, so that each has first packets."""
    return Mesh(name, model or story(), nginx=NGINX, fresh=True)


def running(name: str) -> Reach:
    """The lab of that name. Raises LabError when it is not up."""
    if place.keeper(name) is None or not (place.folder(name) / _READY).exists():
        raise LabError(f"the lab {name!r} is not up; python -m tests.lab up")
    return Reach(name, story())


def keep(name: str) -> None:
    """Hold a lab until told to stop; proxies that die are started again. Says on stdout when it is ready."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with mesh(name) as lab:
            (lab.folder / _READY).touch()
            print(_READY, flush=True)
            with open(os.devnull, "w") as nothing:
                os.dup2(nothing.fileno(), 1)
                os.dup2(nothing.fileno(), 2)
            while not stop.wait(0.5):
                with contextlib.suppress(OSError):
                    lab.revive()
    except LabError as error:
        print(error, flush=True)
        raise SystemExit(1) from None


def up(name: str) -> None:
    """Start a keeper and wait until its lab is ready. Raises LabError with its reason when it is not."""
    place.require()
    place.sweep()
    if place.keeper(name) is not None:
        raise LabError(f"the lab {name!r} is up already")
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.lab", "keep", "--name", name],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert keeper.stdout is not None
    said = keeper.stdout.readline().strip()
    if said != _READY:
        said += keeper.stdout.read()
        keeper.wait(30)
        raise LabError(said or "the keeper ended without a word")
