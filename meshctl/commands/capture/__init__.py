"""``meshctl capture``: the netfilter rules that bring a pod's traffic to Envoy, before Envoy sees any of it."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

_COMMANDS = {
    "show": Entry("meshctl.commands.capture.show", "Say what is captured, and explain every rule."),
    "walk": Entry("meshctl.commands.capture.walk", "Take packets through the rules as the kernel does."),
    "lint": Entry("meshctl.commands.capture.lint", "Say what is wrong with the rules."),
    "compute": Entry("meshctl.commands.capture.compute", "Print the rules Istio makes for given settings."),
}
_HELP = """Read a pod's iptables or nftables rules, walk packets through them, and say what is wrong with them.

Rules are read from what there is: iptables-save, iptables -S or -L -n -v, restore scripts, nft list ruleset
(text or JSON), logs of istio-init and istio-cni, snapshots. Of a pod of the cluster: the log of its
istio-init, else they are computed from its manifest, and marked so.

\b
  # What does this pod capture?
  meshctl -n test capture show test-pod
\b
  # The same from a paste
  pbpaste | meshctl capture show -f -
\b
  # Where does the application's connection go, and which rule decides?
  meshctl capture walk -f rules.txt --from app --to 10.102.168.134:80
\b
  # What is wrong with these rules?
  meshctl capture lint -f rules.txt
\b
  # Which rules does Istio make for these settings?
  meshctl capture compute --pod deployment.yaml --backend nft
"""


app = typer.Typer(
    cls=group(_COMMANDS),
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)


@app.callback()
def capture() -> None:
    pass
