"""The global options: which cluster, context and namespace, and on whose behalf.

They are parsed once by the root command and reach every command as ``ctx.obj``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from meshctl.sources.interface import Globals

__all__ = ["Globals"]


def _completed(what: str, ctx: Any, incomplete: str) -> list[str]:
    """The answer of a completer, which is imported only when a shell asks."""
    from meshctl.commands.proxy_config import complete

    found: list[str] = getattr(complete, what)(ctx, incomplete)
    return found


Kubeconfig = Annotated[
    str | None,
    typer.Option(
        "--kubeconfig",
        "-c",
        metavar="FILE",
        envvar="MESHCTL_KUBECONFIG",
        help="Kubernetes configuration file.",
    ),
]
Context = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        envvar="MESHCTL_CONTEXT",
        help="Context of the kubeconfig to use.",
        autocompletion=lambda ctx, incomplete: _completed("contexts", ctx, incomplete),
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        envvar="MESHCTL_NAMESPACE",
        help="Namespace of the pod.",
        autocompletion=lambda ctx, incomplete: _completed("namespaces", ctx, incomplete),
    ),
]
IstioNamespace = Annotated[
    str,
    typer.Option(
        "--istioNamespace",
        "-i",
        metavar="NAME",
        envvar="MESHCTL_ISTIONAMESPACE",
        help="Namespace of Istio's control plane.",
    ),
]
As = Annotated[
    str | None, typer.Option("--as", metavar="USER", envvar="MESHCTL_AS", help="User to impersonate.")
]
AsGroup = Annotated[
    list[str] | None,
    typer.Option("--as-group", metavar="GROUP", help="Group to impersonate; may be repeated."),
]
AsUid = Annotated[
    str | None, typer.Option("--as-uid", metavar="UID", envvar="MESHCTL_AS_UID", help="UID to impersonate.")
]
KubeTimeout = Annotated[
    str,
    typer.Option(
        "--kubeclient-timeout",
        metavar="DURATION",
        envvar="MESHCTL_KUBECLIENT_TIMEOUT",
        help="Longest wait for the API server or for the next byte of a stream.",
    ),
]

Color = Annotated[
    str,
    typer.Option(
        "--color",
        metavar="WHEN",
        help="auto (a terminal, unless NO_COLOR is set; or FORCE_COLOR), always or never.",
        autocompletion=lambda incomplete: [w for w in _WHEN if w.startswith(incomplete)],
    ),
]
_WHEN = ("auto", "always", "never")
ErrorFormat = Annotated[
    str,
    typer.Option(
        "--error-format",
        metavar="FORM",
        envvar="MESHCTL_ERROR_FORMAT",
        help="How an error is told on stderr: text, or json (one line).",
        autocompletion=lambda incomplete: [w for w in _ERROR_FORMATS if w.startswith(incomplete)],
    ),
]
_ERROR_FORMATS = ("text", "json")


def checked_error_format(word: str) -> None:
    """Raises UsageError for an unknown word of --error-format."""
    from meshctl.errors import UsageError

    if word not in _ERROR_FORMATS:
        raise UsageError(f"--error-format {word!r} is not known", "", "Use text or json.")


def errors_as_json(argv: Sequence[str]) -> bool:
    """Whether errors are asked for as JSON: read off the words, since the words themselves may be the error."""
    import os

    for index, word in enumerate(argv):
        if word == "--error-format" and index + 1 < len(argv):
            return argv[index + 1] == "json"
        if word.startswith("--error-format="):
            return word.partition("=")[2] == "json"
    return os.environ.get("MESHCTL_ERROR_FORMAT") == "json"


def when_coloured(word: str) -> str:
    """One of the words of --color; raises UsageError for another."""
    from meshctl.errors import UsageError

    if word not in _WHEN:
        raise UsageError(f"--color {word!r} is not known", "", "Use auto, always or never.")
    return word


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(duration: str) -> float:
    """A Go duration (``15s``, ``1m30s``, ``500ms``) or a plain number of seconds.

    Raises UsageError for anything else.
    """
    import re

    from meshctl.errors import UsageError

    if re.fullmatch(r"[0-9.]+", duration):
        return float(duration)
    parts = re.findall(r"([0-9.]+)(ms|s|m|h)", duration)
    if not parts or "".join(n + u for n, u in parts) != duration:
        raise UsageError(f"invalid duration {duration!r}", "", "Write 15s, 1m30s or 500ms.")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
