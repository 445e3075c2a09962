"""One call of ``authz check``, evaluated: may this caller do this?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from meshctl.commands import outputs, terminal
from meshctl.commands.authz.pods import opened, tell
from meshctl.commands.globals import Globals
from meshctl.envoy.notes import Notes
from meshctl.errors import EXIT_FAILURE, EXIT_OK, EXIT_UNDETERMINED, InputError, UsageError
from meshctl.render.interface import Content, Document, Form

if TYPE_CHECKING:
    from meshctl.access.calls import Asked, Caller
    from meshctl.proxy.proxy import Proxy

_PLAIN = "plain"


def asked(
    method: str | None,
    path: str | None,
    host: str | None,
    headers: tuple[str, ...],
    jwt: str | None,
    *,
    whole: bool,
) -> Asked:
    """The request as the options tell it. Raises UsageError for a header that is none."""
    from meshctl.access.calls import Asked

    found = []
    for line in headers:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise UsageError(f"{line!r} is no header", "", "Write -H 'name: value'.")
        found.append((name.strip().lower(), value.strip()))
    if jwt is not None:
        found.append(("authorization", f"Bearer {jwt}"))
    return Asked(method.upper() if method else None, path, host, tuple(found), whole)


def run(
    ctx: typer.Context,
    pods: tuple[str, ...],
    files: tuple[str, ...],
    sender: str,
    address: str,
    port: int | None,
    request: Asked,
    form: Form,
) -> int:
    """Print the answers; 0 allowed, 1 not, 3 where it cannot be decided from what was told and given."""
    from meshctl.access import matrix
    from meshctl.access.calls import Answer
    from meshctl.render import access_text

    if not pods and not files:
        raise UsageError("which pod?", "", "Run `meshctl authz check POD --from …`, or give -f FILE.")
    options, notes = ctx.obj or Globals(), Notes()
    with opened(options, pods, files, False, notes) as (found, failures):
        targets = list(matrix.targets(found))
        if not targets:
            raise InputError("no pod with a sidecar was given", "Only their ports have policies.")
        cells = [
            cell
            for target in targets
            if target.proxy is not None
            for cell in matrix.cells([target], [_caller(sender, address, target.proxy)], request, port)
        ]
        colour, width = terminal.colour(options.colour), terminal.width()
        texts = [access_text.answered(cell, colour=colour, width=width) for cell in cells]
        values = [access_text.cell_document(cell) for cell in cells]
        value = values[0] if len(values) == 1 else values
        outputs.show_form(
            form,
            {Content.TEXT: lambda: "\n".join(texts), Content.DOCUMENT: lambda: Document(value, kind="call")},
        )
        tell(notes)
    answers = {cell.call.answer for cell in cells}
    if failures or Answer.DENIED in answers:
        return EXIT_FAILURE
    return EXIT_OK if answers <= {Answer.ALLOWED} else EXIT_UNDETERMINED


def _caller(sender: str, address: str, proxy: Proxy) -> Caller:
    """Who calls, as --from says it: a service account is of the trust domain of the pod that is called."""
    from meshctl.access.calls import Caller

    if sender == _PLAIN:
        return Caller(_PLAIN, "", address)
    if sender.startswith("spiffe://"):
        return Caller(sender, sender, address)
    namespace, slash, account = sender.partition("/")
    if not slash or not namespace or not account or "/" in account:
        raise UsageError(
            f"--from {sender!r} is not known", "", "Write NAMESPACE/SERVICEACCOUNT, spiffe://… or plain."
        )
    return Caller(sender, f"spiffe://{proxy.trust_domain}/ns/{namespace}/sa/{account}", address)
