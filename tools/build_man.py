"""Write man/meshctl.1 from the program's own help: commands, global options, exit codes.

PYTHONPATH=. python tools/build_man.py            write
PYTHONPATH=. python tools/build_man.py --check    exit 1 when the page is out of date
"""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Iterator
from typing import Any

import typer

from meshctl import __version__
from meshctl.commands.root import app
from meshctl.commands.table import COMMANDS

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "man" / "meshctl.1"


def _text(words: str) -> str:
    """Roff of a plain text: a hyphen that is typed, a backslash, a line that begins with a dot."""
    made = words.replace("\\", "\\e").replace("-", "\\-").replace("\N{HORIZONTAL ELLIPSIS}", "...")
    return re.sub(r"^([.'])", r"\\&\1", made, flags=re.MULTILINE)


def _commands() -> Iterator[str]:
    for name, entry in COMMANDS.items():
        if entry.hidden:
            continue
        names = ", ".join((name, *entry.aliases))
        yield f".TP\n.B {_text(names)}\n{_text(entry.help)}"


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.param_type_name != "option" or parameter.hidden:
            continue
        spelt = ", ".join(parameter.opts)
        value = (
            f" \\fI{_text(parameter.metavar or '')}\\fR"
            if not parameter.is_flag and parameter.metavar
            else ""
        )
        yield f".TP\n\\fB{_text(spelt)}\\fR{value}\n{_text(parameter.help or '')}"


def _exit_codes() -> Iterator[str]:
    text = (ROOT / "docs" / "exit-codes.md").read_text("utf-8")
    for code, words in re.findall(r"^\| (\d+) \| (.+) \|$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words).replace("`", "")
        yield f".TP\n.B {code}\n{_text(plain)}"


def page() -> str:
    """The whole page."""
    command = typer.main.get_command(app)
    parts = [
        f'.TH MESHCTL 1 "" "meshctl {__version__}" "User Commands"',
        ".SH NAME\nmeshctl \\- inspect Istio sidecars, and follow a request through them",
        ".SH SYNOPSIS\n.B meshctl\n[\\fIglobal options\\fR] \\fIcommand\\fR [\\fIoptions\\fR] [\\fIwords\\fR]",
        ".SH DESCRIPTION\n"
        + _text(
            "meshctl shows the configuration of Istio's Envoys, live or from what was saved, and follows one request from the "
            "iptables rules of its pod through listener, filter chain, route, cluster and endpoint into the peer pod, and says at "
            "each step why. What the data cannot decide is undetermined, with what would decide it."
        ),
        ".SH COMMANDS",
        *_commands(),
        ".PP\n" + _text("`meshctl help COMMAND` and `meshctl COMMAND --help` show a command's own options."),
        ".SH GLOBAL OPTIONS",
        *_options(command),
        ".SH EXIT STATUS",
        *_exit_codes(),
        ".SH FILES\n.TP\n.B ~/.kube/config\nThe kubeconfig, unless \\fB\\-\\-kubeconfig\\fR or $KUBECONFIG names another.",
        ".SH EXAMPLES\n.nf\n"
        + _text(
            "meshctl -n test proxy-config listener test-pod --port 15001\nmeshctl trace test-pod http://nginx.test/\nmeshctl why UF"
        )
        + "\n.fi",
        ".SH SEE ALSO\n.BR istioctl (1),\n.BR kubectl (1)",
    ]
    return "\n".join(parts) + "\n"


def main() -> int:
    if "--check" in sys.argv:
        current = PAGE.read_text("utf-8") if PAGE.exists() else ""
        if current != page():
            print("man/meshctl.1 is out of date; run `make docs`", file=sys.stderr)
            return 1
        return 0
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
