"""``meshctl fleet``: many proxies as tables (``index``), asked with SQL (``sql``, ``shell``) and by name (``ask``)."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

_COMMANDS = {
    "index": Entry(
        "meshctl.commands.fleet.index", "Make tables of snapshots, bug reports, dumps or a live mesh."
    ),
    "sql": Entry("meshctl.commands.fleet.sql", "Ask in SQL."),
    "ask": Entry("meshctl.commands.fleet.ask", "Ask a named question; without a name, list them."),
    "trace": Entry(
        "meshctl.commands.fleet.trace", "Ask a request set of every mesh: which answer differently?"
    ),
    "report": Entry("meshctl.commands.fleet.report", "A fleet on one HTML page."),
    "shell": Entry("meshctl.commands.fleet.shell", "Ask in SQL, one statement after the other."),
}
_HELP = """Ask one question to ten thousand proxies: their configuration becomes tables once, and is asked with SQL.

\b
  # tables of last night's snapshots
  meshctl fleet index night/*.tar.gz --mesh prod --to fleet
\b
  # which certificates end this week?
  meshctl fleet ask certificates --within 7d --from fleet
\b
  # any other question, in SQL (docs/fleet-schema.md has the tables)
  meshctl fleet sql "SELECT istio_version, count(*) FROM proxies GROUP BY 1" \\
      --from fleet

It needs DuckDB and Arrow: pip install 'meshctl[fleet]'.
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
def fleet() -> None:
    pass
