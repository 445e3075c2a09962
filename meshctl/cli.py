"""The root command: global options, and the table of commands, each imported only when it is called.

``run`` is the one place where errors become messages on stderr and exit codes (meshctl.errors).
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from meshctl.commands import globals as options
from meshctl.commands.argv import normalise
from meshctl.commands.lazy import Entry, group
from meshctl.errors import EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, MeshctlError, UsageError

COMMANDS: dict[str, Entry] = {
    "proxy-config": Entry(
        "meshctl.commands.proxy_config",
        "Show a proxy's listeners, routes, clusters, endpoints, secrets.",
        ("pc",),
    ),
    "ztunnel-config": Entry(
        "meshctl.commands.ztunnel_config",
        "Show the workloads, services and policies of an ambient node's ztunnel.",
        ("zc",),
    ),
    "proxy-status": Entry(
        "meshctl.commands.proxy_status",
        "Show whether each proxy has what istiod sent it; compare one with istiod.",
        ("ps",),
    ),
    "trace": Entry(
        "meshctl.commands.trace", "Follow one request from the application to its peer, with reasons."
    ),
    "why": Entry(
        "meshctl.commands.why", "Say why a request ended as a log line, a flag or a whole log says."
    ),
    "capture": Entry(
        "meshctl.commands.capture", "Explain, walk and check a pod's iptables or nftables rules."
    ),
    "describe": Entry(
        "meshctl.commands.describe",
        "Show the objects of Kubernetes and Istio that act on a pod or a service.",
        ("des",),
    ),
    "diff": Entry(
        "meshctl.commands.diff", "Show what differs between two proxies, and which requests end differently."
    ),
    "check": Entry("meshctl.commands.check", "Find what is wrong with a pod, a namespace, a mesh."),
    "authz": Entry("meshctl.commands.authz", "Show what decides who may call a pod."),
    "check-inject": Entry(
        "meshctl.commands.check_inject", "Say whether a pod is or will be injected, and which label decides."
    ),
    "injector": Entry(
        "meshctl.commands.injector", "Show each namespace's injector, and which pods need a restart."
    ),
    "envoy-stats": Entry("meshctl.commands.envoy_stats", "Show the counters of a proxy.", ("es",)),
    "internal-debug": Entry("meshctl.commands.internal_debug", "Show a debug page of istiod."),
    "remote-clusters": Entry("meshctl.commands.remote_clusters", "Show the clusters that each istiod reads."),
    "waypoint": Entry("meshctl.commands.waypoint", "Show the waypoints of an ambient mesh."),
    "x": Entry(
        "meshctl.commands.experimental", "istioctl's experimental commands.", ("experimental",), hidden=True
    ),
    "snapshot": Entry("meshctl.commands.snapshot", "Take everything the other commands need into one file."),
    "fleet": Entry(
        "meshctl.commands.fleet", "Ask many proxies at once: tables of a mesh, SQL, named questions."
    ),
    "schema": Entry("meshctl.commands.schema", "Print the JSON Schema of what a command prints as JSON."),
    "version": Entry(
        "meshctl.commands.version", "Show the versions of meshctl, of the mesh, and of a proxy."
    ),
    "completion": Entry("meshctl.commands.completion", "Print the completion script of a shell."),
    "help": Entry("meshctl.commands.help", "Show the help of a command."),
}

_EXAMPLES = """\
Why does my request go there, and not where I meant?

\b
  # What does the pod's Envoy listen on, and where does each listener lead?
  meshctl -n test proxy-config listener test-pod --port 15001
\b
  # The same from a dump that a colleague sent; no cluster is touched
  meshctl proxy-config route -f config_dump.json --name 80
\b
  # One cluster in full, and its endpoints
  meshctl -n test pc cluster test-pod --fqdn nginx.test.svc.cluster.local \\
      -o yaml
  meshctl pc endpoint test-pod \\
      --cluster "outbound|80||nginx.test.svc.cluster.local"
\b
  # Follow a request: iptables, listener, route, cluster, endpoint, the peer
  # pod
  meshctl -n test trace test-pod http://nginx.test/
\b
  # What do the pod's iptables rules capture?
  meshctl -n test capture show test-pod
"""


app = typer.Typer(
    cls=group(COMMANDS),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True, help=_EXAMPLES)
def root(
    ctx: typer.Context,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    istio_namespace: options.IstioNamespace = "istio-system",
    as_user: options.As = None,
    as_group: options.AsGroup = None,
    as_uid: options.AsUid = None,
    kubeclient_timeout: options.KubeTimeout = "15s",
    color: options.Color = "auto",
    error_format: options.ErrorFormat = "text",
    version: Annotated[bool, typer.Option("--version", help="Print meshctl's version.")] = False,
    vklog: Annotated[str | None, typer.Option("--vklog", hidden=True)] = None,
) -> None:
    ctx.obj = options.Globals(
        kubeconfig=kubeconfig,
        context=context,
        namespace=namespace or None,
        istio_namespace=istio_namespace,
        as_user=as_user,
        as_groups=tuple(as_group or ()),
        as_uid=as_uid,
        timeout=options.seconds(kubeclient_timeout),
        colour=options.when_coloured(color),
    )
    options.checked_error_format(error_format)
    if version:
        from meshctl import __version__

        typer.echo(f"meshctl {__version__}")
        raise typer.Exit(EXIT_OK)
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; messages go to stderr. For tests and ``run``."""
    words = list(sys.argv[1:] if argv is None else argv)
    error = _failure(words)
    return error if isinstance(error, int) else _fail(error, as_json=options.errors_as_json(words))


def _failure(argv: list[str]) -> int | MeshctlError:
    """What a run comes to: its exit code, or the error that ended it."""
    try:
        return _dispatch(argv)
    except MeshctlError as error:
        return error
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left (`| head`); a second failure while flushing must not be shown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.filename is not None or error.errno not in _NOT_WRITTEN:
            return _unexpected(error)
        return MeshctlError(
            f"standard output cannot be written: {error.strerror}", "It is closed, or its disk is full."
        )
    except RecursionError:
        return MeshctlError("the input is nested too deeply to be read", "No Envoy prints such a dump.")
    except Exception as error:
        return _undecidable(error) or _unexpected(error)


_NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EBADF, errno.EIO, errno.EFBIG})


def _undecidable(error: Exception) -> MeshctlError | None:
    """What cannot be told because of what the input holds in a place; None for any other error."""
    from meshctl.envoy.message import Undecidable

    if not isinstance(error, Undecidable):
        return None
    return MeshctlError(error.reason, "No Envoy prints that, and the whole answer hangs on it.")


def _unexpected(error: Exception) -> MeshctlError:
    if os.environ.get("MESHCTL_DEBUG"):
        raise error
    return MeshctlError(
        f"unexpected {type(error).__name__}: {error}",
        "This is a fault of meshctl.",
        "Set MESHCTL_DEBUG=1 for the traceback and report it together with the input.",
    )


def _dispatch(argv: list[str]) -> int:
    command: Any = typer.main.get_command(app)
    asked = os.environ.get("_MESHCTL_COMPLETE")
    if asked:  # the shell asks for completions of the words typed so far
        from meshctl.commands import completing

        completing.run(command, asked)
        return EXIT_OK
    try:
        result = command.main(normalise(argv, command), prog_name="meshctl", standalone_mode=False)
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # typer's own answer to it is exit code 1
            raise leaving.__context__ from None
        raise
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.ctx.get_help())  # type: ignore[attr-defined]
            return EXIT_OK
        usage = _usage_error(error)
        if usage is None:
            raise
        raise usage from error
    return result if isinstance(result, int) else EXIT_OK


def _usage_error(error: Exception) -> UsageError | None:
    """typer's own complaint about the command line, in our form; None for any other error."""
    if type(error).__name__ == "Abort":
        raise KeyboardInterrupt from error
    format_message = getattr(error, "format_message", None)
    if format_message is None or getattr(error, "exit_code", None) != EXIT_USAGE:
        return None
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "meshctl")
    text = str(format_message()).rstrip(".")
    return UsageError(text, _did_you_mean(text, context), f"Run `{path} --help` for usage.")


def _did_you_mean(text: str, context: Any) -> str:
    """The command whose name is nearest to one that does not exist, as a question; else nothing."""
    import difflib

    word = text.removeprefix("No such command '").removesuffix("'")
    group = getattr(context, "command", None)
    if word == text or group is None or not hasattr(group, "list_commands"):
        return ""
    near = difflib.get_close_matches(word, group.list_commands(context), n=1)
    return f"Did you mean {near[0]}?" if near else ""


def _fail(error: MeshctlError, *, as_json: bool = False) -> int:
    with contextlib.suppress(OSError):  # what could not be written is being told already
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        sys.stderr.write((error.json() if as_json else "\n".join(error.lines())) + "\n")
        sys.stderr.flush()
    return error.exit_code or EXIT_FAILURE


def _open_what_is_closed() -> None:
    """A stream that the caller closed: its number must not go to a file that is opened later. Reading from and writing to it
    fails as it would, what goes to a closed stderr is lost."""
    for number, name, how in (
        (0, "stdin", os.O_WRONLY),
        (1, "stdout", os.O_RDONLY),
        (2, "stderr", os.O_WRONLY),
    ):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, how)  # the lowest free number is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False, encoding="utf-8"))  # noqa: SIM115


def run() -> NoReturn:
    """Entry point of the process: one command, then exit without tearing the heap down."""
    _open_what_is_closed()
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = 141
    except OSError as error:
        code = code or _fail(MeshctlError(f"standard output cannot be written: {error.strerror}"))
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)
