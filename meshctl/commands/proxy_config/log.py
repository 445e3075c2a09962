"""``proxy-config log``: the levels of the proxy's loggers, shown and set. Live only: a dump has none.

istioctl checks a logger's name as a substring of the last pod's answer; here the list that Envoy prints is
read, and Envoy's own refusal is an error.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

import typer

from meshctl.commands.outputs import write
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config import options
from meshctl.errors import EXIT_FAILURE, EXIT_OK, ConnectError, UsageError
from meshctl.sources import Origin
from meshctl.sources.interface import Globals

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

LEVELS = ("trace", "debug", "info", "warning", "error", "critical", "off")
_ALIASES = {"warn": "warning", "none": "off"}
_DEFAULT = "warning"
_EVERY = "level"  # Envoy's name for all loggers at once

_HELP = """Show the levels of a proxy's loggers, or set them.

\b
  # show them; make two of them talk
  meshctl -n test proxy-config log test-pod
  meshctl -n test pc log test-pod --level http:debug,router:debug
\b
  # back to warning
  meshctl -n test pc log test-pod --reset
"""


@app.command(help=_HELP)
def log(
    ctx: typer.Context,
    pod: options.Pods = None,
    level: Annotated[
        str,
        options.text("--level", help="[LOGGER:]LEVEL,…; a bare level sets all loggers.", metavar="LEVELS"),
    ] = "",
    reset: Annotated[
        bool, typer.Option("--reset", "-r", help="All loggers back to warning.", show_default=False)
    ] = False,
    selector: options.Selector = None,
    admin: options.Admin = None,
    admin_port: options.AdminPort = "15000",
    output: Annotated[str, typer.Option("--output", "-o", hidden=True)] = "short",
) -> int:
    if output != "short":
        raise UsageError("--output is not applicable for this command")
    if not (pod or selector or admin):
        raise UsageError("log requires pod name or --selector", "", "Name a pod, -l LABELS or --admin URL.")
    if reset and level:
        raise UsageError("--level cannot be combined with --reset")
    wanted = {_EVERY: _DEFAULT} if reset else parse(level)
    origin = Origin(
        pods=tuple(pod or ()),
        selector=selector,
        all_pods=True,  # as istioctl: a workload stands for all of its pods here
        admin=admin,
        admin_port=options.admin_port(admin_port),
        globals=ctx.obj or Globals(),
    )
    origin.check()
    with TerminalProgress() as progress, _ports(origin, progress) as ports:
        done = 0
        for name, opened in ports:
            try:
                with progress.fetching(f"{name}: logging"), opened as port:
                    text = _set(port, name, wanted)
            except (ConnectError, UsageError) as error:
                if len(ports) == 1 or (isinstance(error, UsageError) and not done):
                    raise  # a logger that the first one does not know is a typo, and nothing is changed yet
                progress.failed(name, error)
                continue
            done += 1
            write(f"{name}:\n{text}")
        return EXIT_FAILURE if progress.failures else EXIT_OK


def parse(text: str) -> dict[str, str]:
    """``http:debug,router=info`` or ``debug``: loggers and their levels. Raises UsageError."""
    wanted: dict[str, str] = {}
    for item in filter(None, text.split(",")):
        parts = re.split("[:=]", item.rsplit("::", 1)[-1], maxsplit=1)
        level = _ALIASES.get(parts[-1], parts[-1])
        if level not in LEVELS:
            raise UsageError(
                f"unrecognized logging level: {parts[-1]}", "", f"Use one of {', '.join(LEVELS)}."
            )
        logger = parts[0] if len(parts) == 2 else _EVERY
        if logger == _EVERY:
            wanted = {}  # all at once: what was said before is overruled
        wanted[logger] = level
    return wanted


def _set(port: Any, name: str, wanted: dict[str, str]) -> str:
    answer = port.post("/logging").decode("utf-8", "replace")
    known = set(re.findall(r"^\s*([\w.-]+): ", answer, re.MULTILINE))
    unknown = [logger for logger in wanted if logger != _EVERY and known and logger not in known]
    if unknown:
        raise UsageError(
            f"unrecognized logger name: {unknown[0]}",
            f"{name} has {len(known)} loggers.",
            "`meshctl proxy-config log POD` lists them.",
        )
    for logger, level in sorted(wanted.items(), key=lambda item: item[0] != _EVERY):
        answer = port.post(f"/logging?{logger}={level}").decode("utf-8", "replace")
    text: str = answer if answer.endswith("\n") else answer + "\n"
    return text


Port = tuple[str, AbstractContextManager[Any]]


@contextmanager
def _ports(origin: Origin, progress: TerminalProgress) -> Iterator[list[Port]]:
    """The admin ports of the proxies that are meant, by name, each to be opened; what has none is one line."""
    if origin.admin:
        from meshctl.sources import admin

        yield [(admin.parse_address(origin.admin), admin.open_port(origin, progress))]
        return
    from meshctl.sources import live

    cluster = live.cluster_of(origin.globals)
    try:
        pods = live.find_pods(cluster, origin)
        asked = [pod for pod in pods if pod.phase == "Running" and pod.has_proxy]
        if not asked:
            asked = pods[:1]  # why it cannot be asked is the answer
        passed = [f"{pod.name}.{pod.namespace}" for pod in pods if pod not in asked]
        if passed:
            more = f" and {len(passed) - 4} more" if len(passed) > 4 else ""
            progress.told(
                f"passed over {len(passed)} pods without a running Envoy: {', '.join(passed[:4])}{more}"
            )
        yield [
            (f"{pod.name}.{pod.namespace}", live.admin_of(cluster, pod, origin.admin_port, progress))
            for pod in asked
        ]
    finally:
        cluster.close()
