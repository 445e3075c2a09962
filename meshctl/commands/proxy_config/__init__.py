"""``meshctl proxy-config`` (``pc``): one view of a proxy's configuration a sub-command, as istioctl has them.

The table below names each view's module, which is imported only when that view is called.
"""

from __future__ import annotations

from meshctl.commands.declared import Entry, Option

_HERE = "meshctl.commands.proxy_config"
VIEWS: dict[str, Entry] = {
    "all": Entry(f"{_HERE}.everything", "All of the below, or the whole dump.", ("a",), declared=True),
    "bootstrap": Entry(
        f"{_HERE}.bootstrap", "How the proxy was started, and its versions.", ("b",), declared=True
    ),
    "cluster": Entry(f"{_HERE}.cluster", "Upstreams: clusters.", ("clusters", "c"), declared=True),
    "ecds": Entry(
        f"{_HERE}.ecds", "Filters fetched apart from their listeners (Wasm).", ("ec",), declared=True
    ),
    "eds": Entry(f"{_HERE}.eds", "Endpoints as the control plane gave them.", (), hidden=True, declared=True),
    "endpoint": Entry(
        f"{_HERE}.endpoint", "Hosts of each cluster, and their health.", ("endpoints", "ep"), declared=True
    ),
    "listener": Entry(
        f"{_HERE}.listener",
        "Where the proxy listens and where that leads.",
        ("listeners", "l"),
        declared=True,
    ),
    "log": Entry(f"{_HERE}.log", "Show and set the levels of the proxy's loggers.", ("o",)),
    "rootca-compare": Entry(f"{_HERE}.rootca_compare", "Whether two proxies trust a common root.", ("rc",)),
    "route": Entry(
        f"{_HERE}.route", "Route tables: virtual hosts and routes.", ("routes", "r"), declared=True
    ),
    "secret": Entry(f"{_HERE}.secret", "Certificates and trust bundles.", ("secrets", "s"), declared=True),
}

# They stand before the view's name only so that they may; the view itself reads them.
BEFORE_VIEW = (
    Option("output", ("--output", "-o"), default="", hidden=True),
    Option("admin_port", ("--proxy-admin-port",), default="", hidden=True),
)
