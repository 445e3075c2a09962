"""Options by which a command says which istiods it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from meshctl.commands.proxy_config.options import text
from meshctl.errors import UsageError
from meshctl.plain import port_of

if TYPE_CHECKING:
    from meshctl.sources.xds import Xds

Revision = Annotated[str, text("--revision", "-r", help="Only istiods of this revision.", metavar="NAME")]
Label = Annotated[
    str, text("--xds-label", help="Labels of the istiods, instead of app=istiod.", metavar="LABELS")
]
Address = Annotated[
    str,
    text(
        "--xds-address",
        help="Ask the istiod at this address over gRPC (discovery port, 15012) instead of a port-forward.",
        metavar="HOST:PORT",
    ),
]
CertDir = Annotated[
    str,
    text("--cert-dir", help="With --xds-address: cert-chain.pem, key.pem, root-cert.pem.", metavar="FOLDER"),
]
Authority = Annotated[
    str,
    text(
        "--authority",
        "--xds-san",
        help="With --xds-address: the name in istiod's certificate.",
        metavar="NAME",
    ),
]
Plaintext = Annotated[
    bool,
    typer.Option("--plaintext", help="With --xds-address: without TLS (port 15010).", show_default=False),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure", help="With --xds-address: do not verify istiod's certificate.", show_default=False
    ),
]


def xds(
    address: str, cert_dir: str, authority: str, *, plaintext: bool, insecure: bool, others: dict[str, str]
) -> Xds | None:
    """How istiod is reached over gRPC; None where no address is given. others: options that name other istiods."""
    if not address:
        given = [
            name
            for name, value in (
                ("--cert-dir", cert_dir),
                ("--authority", authority),
                ("--plaintext", plaintext),
                ("--insecure", insecure),
            )
            if value
        ]
        if given:
            raise UsageError(
                f"{given[0]} is of --xds-address", "No address is given.", "Give --xds-address HOST:PORT."
            )
        return None
    for name, value in others.items():
        if value:
            raise UsageError(f"either --xds-address or {name}, not both", "", "")
    if not address.rpartition(":")[0] or not port_of(address.rpartition(":")[2]):
        raise UsageError(
            f"--xds-address {address!r} is no HOST:PORT", "", "istiod's discovery port is 15012."
        )
    if plaintext and (insecure or cert_dir):
        raise UsageError(
            "--plaintext is without TLS", "--insecure and --cert-dir are of TLS.", "Leave out one of them."
        )
    from meshctl.sources.xds import Xds

    return Xds(address, cert_dir, plaintext, insecure, authority)
