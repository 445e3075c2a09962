"""The table of commands: their names, help lines and modules; none of them is imported here."""

from __future__ import annotations

from meshctl.commands.declared import Entry

COMMANDS: dict[str, Entry] = {
    "proxy-config": Entry(
        "meshctl.commands.proxy_config.group",
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
