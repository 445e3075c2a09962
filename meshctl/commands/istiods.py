"""Options by which a command says which istiods it asks."""

from __future__ import annotations

from typing import Annotated

from meshctl.commands.proxy_config.options import text

Revision = Annotated[str, text("--revision", "-r", help="Only istiods of this revision.", metavar="NAME")]
Label = Annotated[
    str, text("--xds-label", help="Labels of the istiods, instead of app=istiod.", metavar="LABELS")
]
