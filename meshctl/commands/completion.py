"""``meshctl completion bash|zsh|fish|kubectl``: the script that makes the shell complete meshctl's words.

The scripts call the program back with the words typed so far (``commands.completing``). bash cuts words at ``:`` and ``=``: its script
takes the line itself, and cuts from an answer what stands before the last cut. The one for kubectl is an executable that kubectl looks for
on the PATH (``kubectl_complete-meshctl``).
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
    KUBECTL = "kubectl"


_BASH = r"""# bash completion for meshctl
_meshctl_completion() {
  local value
  COMPREPLY=()
  while IFS= read -r value; do
    case $value in
      :files) [[ ${#COMPREPLY[@]} -eq 0 ]] && compopt -o default 2>/dev/null ;;
      :values) ;;
      *) COMPREPLY+=("$value") ;;
    esac
  done < <(_MESHCTL_COMPLETE=bash _MESHCTL_LINE="${COMP_LINE:0:COMP_POINT}" \
             _MESHCTL_WORD="${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[0]}" 2>/dev/null)
}
complete -o nosort -F _meshctl_completion meshctl kubectl-meshctl 2>/dev/null ||
  complete -F _meshctl_completion meshctl kubectl-meshctl
"""
_ZSH = r"""#compdef meshctl kubectl-meshctl
_meshctl_completion() {
  local line value words_ files=0
  local -a found
  while IFS= read -r line; do
    case $line in
      :files) files=1 ;;
      :values) ;;
      *) value=${line%%$'\t'*}; found+=("${value//:/\\:}:${line#*$'\t'}") ;;
    esac
  done < <(_MESHCTL_COMPLETE=words "${(Q)words[1]}" "${(@Q)words[2,$CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
  if (( ${#found} )); then _describe -V 'meshctl' found; elif (( files )); then _files; fi
}
compdef _meshctl_completion meshctl kubectl-meshctl
"""
_FISH = r"""# fish completion for meshctl
function __meshctl_completion
  set -l words (commandline -opc)[2..-1] (string replace -r '^["\']' '' -- (commandline -ct))
  set -l answer (_MESHCTL_COMPLETE=words meshctl $words 2>/dev/null)
  if test (count $answer) -eq 1; and test "$answer[1]" = ":files"
    __fish_complete_path (commandline -ct)
    return
  end
  for line in $answer
    string match -q ':*' -- $line; or echo $line
  end
end
complete -c meshctl -f -a '(__meshctl_completion)'
"""
_KUBECTL = """#!/bin/sh
# kubectl's completion of `kubectl meshctl`: put this on the PATH as kubectl_complete-meshctl, executable.
_MESHCTL_COMPLETE=kubectl exec kubectl-meshctl "$@"
"""
_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH, Shell.KUBECTL: _KUBECTL}


@app.command(
    help="""Print the completion script of a shell, or of kubectl.

\b
  # bash, for this session
  source <(meshctl completion bash)
\b
  # fish, for good
  meshctl completion fish > ~/.config/fish/completions/meshctl.fish
\b
  # kubectl meshctl: an executable on the PATH
  meshctl completion kubectl > ~/bin/kubectl_complete-meshctl
  chmod +x ~/bin/kubectl_complete-meshctl
"""
)
def completion(shell: Annotated[Shell, typer.Argument(help="bash, zsh, fish or kubectl.")]) -> None:
    typer.echo(_SCRIPTS[shell], nl=False)
