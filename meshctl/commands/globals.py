"""The global options: which cluster, context and namespace, and on whose behalf.

They are parsed once, by the root command or the quick door, and reach every command as ``Globals`` (``ctx.obj``).
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.commands.declared import Kind, Option
from meshctl.sources.interface import Globals

__all__ = ["GLOBALS", "Globals", "globals_of"]

_WHEN = ("auto", "always", "never")
_ERROR_FORMATS = ("text", "json")

GLOBALS = (
    Option(
        "kubeconfig",
        ("--kubeconfig", "-c"),
        "Kubernetes configuration file.",
        metavar="FILE",
        envvar="MESHCTL_KUBECONFIG",
    ),
    Option(
        "context",
        ("--context",),
        "Context of the kubeconfig to use.",
        metavar="NAME",
        envvar="MESHCTL_CONTEXT",
        completion="contexts",
    ),
    Option(
        "namespace",
        ("--namespace", "-n"),
        "Namespace of the pod.",
        metavar="NAME",
        envvar="MESHCTL_NAMESPACE",
        completion="namespaces",
    ),
    Option(
        "istio_namespace",
        ("--istioNamespace", "-i"),
        "Namespace of Istio's control plane.",
        default="istio-system",
        metavar="NAME",
        envvar="MESHCTL_ISTIONAMESPACE",
    ),
    Option("as_user", ("--as",), "User to impersonate.", metavar="USER", envvar="MESHCTL_AS"),
    Option("as_group", ("--as-group",), "Group to impersonate; may be repeated.", Kind.LIST, metavar="GROUP"),
    Option("as_uid", ("--as-uid",), "UID to impersonate.", metavar="UID", envvar="MESHCTL_AS_UID"),
    Option(
        "kubeclient_timeout",
        ("--kubeclient-timeout",),
        "Longest wait for the API server or for the next byte of a stream.",
        default="15s",
        metavar="DURATION",
        envvar="MESHCTL_KUBECLIENT_TIMEOUT",
    ),
    Option(
        "color",
        ("--color",),
        "auto (a terminal, unless NO_COLOR is set; or FORCE_COLOR), always or never.",
        default="auto",
        metavar="WHEN",
        words=_WHEN,
    ),
    Option(
        "error_format",
        ("--error-format",),
        "How an error is told on stderr: text, or json (one line).",
        default="text",
        metavar="FORM",
        envvar="MESHCTL_ERROR_FORMAT",
        words=_ERROR_FORMATS,
    ),
    Option("vklog", ("--vklog",), hidden=True),  # istioctl's, taken and passed over
)


def globals_of(
    kubeconfig: str | None,
    context: str | None,
    namespace: str | None,
    istio_namespace: str,
    as_user: str | None,
    as_group: list[str] | None,
    as_uid: str | None,
    kubeclient_timeout: str,
    color: str,
    error_format: str,
    vklog: str | None,
) -> Globals:
    """What the values of the options come to. Raises UsageError for one that is none of its option's."""
    found = Globals(
        kubeconfig=kubeconfig,
        context=context,
        namespace=namespace or None,
        istio_namespace=istio_namespace,
        as_user=as_user,
        as_groups=tuple(as_group or ()),
        as_uid=as_uid,
        timeout=seconds(kubeclient_timeout),
        colour=when_coloured(color),
    )
    checked_error_format(error_format)
    return found


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
