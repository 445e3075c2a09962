"""``proxy-config log``: the levels of the proxy's loggers, shown and set. Live only: a dump has none.

istioctl checks a logger's name as a substring of the last pod's answer; here the list that Envoy prints is
read, and Envoy's own refusal is an error. Several loggers are set by one request (``paths``, which Envoy checks whole before
it changes any), or where an Envoy does not know that, one by one, and a failure says which were set.
"""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

import typer

from meshctl.commands.outputs import write
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.source import admin_port as port_number
from meshctl.errors import EXIT_FAILURE, EXIT_OK, ConnectError, UsageError
from meshctl.plain import listed
from meshctl.sources import Origin
from meshctl.sources.admin import AdminError
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
  # back to the mesh's level
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
        bool,
        typer.Option(
            "--reset",
            "-r",
            help="All loggers back to the level that the pod was started with.",
            show_default=False,
        ),
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
    wanted = {_EVERY: ""} if reset else parse(level)
    origin = Origin(
        pods=tuple(pod or ()),
        selector=selector,
        all_pods=True,  # as istioctl: a workload stands for all of its pods here
        admin=admin,
        admin_port=port_number(admin_port),
        globals=ctx.obj or Globals(),
    )
    origin.check()
    with TerminalProgress() as progress, _ports(origin, progress) as ports:
        done = 0
        for name, opened, injected in ports:
            try:
                with progress.fetching(f"{name}: logging"), opened as port:
                    text = _set(port, name, {_EVERY: injected()} if reset else wanted)
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
    known = _levels(answer)
    unknown = [logger for logger in wanted if logger != _EVERY and known and logger not in known]
    if unknown:
        raise UsageError(
            f"unrecognized logger name: {unknown[0]}",
            f"{name} has {len(known)} loggers.",
            "`meshctl proxy-config log POD` lists them.",
        )
    if _EVERY in wanted:
        answer = _posted(port, f"{_EVERY}={wanted[_EVERY]}")
    named = {logger: level for logger, level in wanted.items() if logger != _EVERY}
    if named:
        answer = _set_named(port, name, named)
    text: str = answer if answer.endswith("\n") else answer + "\n"
    return text


def _set_named(port: Any, name: str, named: dict[str, str]) -> str:
    if len(named) > 1:
        try:
            answer = _posted(port, "paths=" + ",".join(f"{key}:{level}" for key, level in named.items()))
            if named.items() <= _levels(answer).items():
                return answer
        except AdminError:  # before Envoy 1.23 there is no such word
            pass
    answer = ""
    done: list[str] = []
    for logger, level in named.items():
        try:
            answer = _posted(port, f"{logger}={level}")
        except ConnectError as error:
            told = f"Set before that: {', '.join(done)}." if done else "None was set."
            raise ConnectError(f"{name}: {logger} is not set: {error.what}", told, "Try again.") from error
        done.append(logger)
    return answer


def _posted(port: Any, words: str) -> str:
    text: str = port.post(f"/logging?{words}").decode("utf-8", "replace")
    return text


def _levels(answer: str) -> dict[str, str]:
    """The loggers of an answer, with their levels."""
    return dict(re.findall(r"^\s*([\w.-]+): (\w+)", answer, re.MULTILINE))


Port = tuple[str, AbstractContextManager[Any], Callable[[], str]]  # and the level that it was started with


@contextmanager
def _ports(origin: Origin, progress: TerminalProgress) -> Iterator[list[Port]]:
    """The admin ports of the proxies that are meant, by name, each to be opened; what has none is one line."""
    if origin.admin:
        from meshctl.sources import admin

        yield [(admin.parse_address(origin.admin), admin.open_port(origin, progress), lambda: _DEFAULT)]
        return
    from meshctl.sources import live
    from meshctl.sources.log_levels import InjectedLevels

    cluster = live.cluster_of(origin.globals)
    try:
        pods = live.find_pods(cluster, origin)
        asked = [pod for pod in pods if pod.phase == "Running" and pod.has_proxy]
        if not asked:
            asked = pods[:1]  # why it cannot be asked is the answer
        passed = [f"{pod.name}.{pod.namespace}" for pod in pods if pod not in asked]
        if passed:
            progress.told(f"passed over {len(passed)} pods without a running Envoy: {listed(passed, 4)}")
        levels = InjectedLevels(cluster, (origin.globals or Globals()).istio_namespace, _DEFAULT)
        yield [
            (
                f"{pod.name}.{pod.namespace}",
                live.admin_of(cluster, pod, origin.admin_port, progress),
                functools.partial(levels.of, pod.object),
            )
            for pod in asked
        ]
    finally:
        cluster.close()
