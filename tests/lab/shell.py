"""A shell in the lab: meshctl on the path, ``pod`` to run something in the client's pod, the mesh as it was recorded in ``$MESH``."""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

from tests.lab.reach import Reach

CLIENT = "test-pod"
WELCOME = """
The lab is up, with three faults in it. The application in test-pod says:

  1. http://cart.test/          503, every time
  2. http://orders.test/        503, though nginx runs and is ready
  3. http://nginx.test/admin    403, while http://nginx.test/ works

  pod curl -i http://cart.test/            runs something in test-pod, as its application
  meshctl trace test-pod http://cart.test/ --dir $MESH
  meshctl check -f $MESH
  logs test-pod                            a proxy's access log
  meshctl why test-pod "$(logs test-pod | tail -1)" --dir $MESH

Solutions: docs/lab-faults.md. `exit` takes the lab away.
"""


def explore(lab: Reach) -> int:
    """A shell until it is left; its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        mesh = pathlib.Path(folder) / "mesh"
        lab.record(mesh)
        profile = pathlib.Path(folder) / "profile"
        profile.write_text(_profile(lab, mesh))
        print(WELCOME, flush=True)
        typed = sys.stdin.isatty()
        words = (
            ["bash", "--rcfile", str(profile), "-i"]
            if typed
            else ["bash", "-c", f". {profile}; . /dev/stdin"]
        )
        return subprocess.run(words, env={**os.environ, "MESH": str(mesh)}, check=False).returncode


def _profile(lab: Reach, mesh: pathlib.Path) -> str:
    program = shlex.join([sys.executable, "-m", "meshctl"])
    inside = shlex.join(lab.command(CLIENT, []))
    root = shlex.quote(str(pathlib.Path(__file__).resolve().parents[2]))
    return f"""
PS1='lab> '
export PYTHONPATH={root}
meshctl() {{ {program} "$@"; }}
pod() {{ if [ "$1" = curl ]; then shift; {inside} curl -sS -m 10 "$@"; else {inside} "$@"; fi; }}
logs() {{ cat {shlex.quote(str(lab.folder))}/"$1"*/access.log; }}
"""
