"""``meshctl completion bash|zsh|fish``: the script that makes the shell complete meshctl's words.

The scripts call the program back with the words typed so far; typer answers (its completion protocol).
"""

from __future__ import annotations

import enum
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


class Shell(enum.StrEnum):
    """A shell whose completion we write."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command(
    help="""Print the completion script of a shell.

\b
  # bash, for this session
  source <(meshctl completion bash)
\b
  # fish, for good
  meshctl completion fish > ~/.config/fish/completions/meshctl.fish
"""
)
def completion(shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")]) -> None:
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="meshctl", complete_var="_MESHCTL_COMPLETE", shell=shell.value)
    typer.echo(script)
