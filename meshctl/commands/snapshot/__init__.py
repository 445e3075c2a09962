"""``meshctl snapshot``: take the evidence (``take``, which need not be said), and look at it (``show``)."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

_MODULES = {"take": "meshctl.commands.snapshot.take", "show": "meshctl.commands.snapshot.show"}
_HELP = """Take everything that proxy-config, capture and trace need into one file that can be shared.

`meshctl snapshot POD…` is short for `meshctl snapshot take POD…`.

\b
  # two pods and what they need
  meshctl -n test snapshot test-pod deploy/nginx -o mesh.tar.gz
\b
  # a pod and all that its requests can reach, with names replaced
  meshctl -n test snapshot --around test-pod --anonymize -o mesh.tar.gz
\b
  # what is in it, and the same commands on it
  meshctl snapshot show mesh.tar.gz
  meshctl proxy-config listener test-pod -f mesh.tar.gz
"""


class SnapshotGroup(TyperGroup):
    """Words that are no sub-command are pods to take."""

    default_command = "take"

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _MODULES:
            return None
        command: Any = typer.main.get_command(importlib.import_module(_MODULES[cmd_name]).app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=SnapshotGroup,
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)


@app.callback()
def snapshot() -> None:
    pass
