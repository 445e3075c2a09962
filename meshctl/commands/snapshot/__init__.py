"""``meshctl snapshot``: take the evidence (``take``, which need not be said), and look at it (``show``)."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

_COMMANDS = {
    "take": Entry("meshctl.commands.snapshot.take", "Take a snapshot."),
    "show": Entry(
        "meshctl.commands.snapshot.show", "Say what is in a snapshot, or in any folder, archive or file."
    ),
}
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


app = typer.Typer(
    cls=group(_COMMANDS, default="take"),  # words that are no sub-command are pods to take
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)


@app.callback()
def snapshot() -> None:
    pass
