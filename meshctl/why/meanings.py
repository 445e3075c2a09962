"""What Envoy's response flags and response code details mean: at which stage of the way each arises, what causes it in a
mesh, and which settings of the proxy bear on it.

The tables are data; ``flags`` and ``details`` hold them. Stages are those of a trace, so that an ending can be drawn on
the way the request took.
"""

from __future__ import annotations

import enum

from meshctl.proxy.model import Stage
from meshctl.values import Struct


class Origin(enum.Enum):
    """Who made the answer that the line tells of."""

    PROXY = "this proxy"
    UPSTREAM = "the upstream"
    CLIENT = "the client"


class Setting(enum.Enum):
    """Settings of a proxy that bear on an ending; ``settings`` reads them from the dump."""

    LISTENER = "listener"
    CHAINS = "filter chains"
    HOSTS = "virtual hosts"
    SUBSETS = "subsets"
    TIMEOUTS = "time-outs of the route"
    RETRIES = "retries of the route"
    CONNECTION = "time-outs of the connection"
    LIMITS = "limits of the cluster"
    OUTLIERS = "outlier detection"
    ENDPOINTS = "endpoints"
    TLS = "TLS to the upstream"
    FILTERS = "HTTP filters"
    HEADERS = "what requests are refused for"


class Meaning(Struct, frozen=True):
    """What a flag or a detail says.

    stage: where on the way it arises. words: what happened, a sentence. causes: what leads to it in a mesh, the commonest
    first. settings: what of the proxy's configuration bears on it.
    """

    stage: Stage
    words: str
    causes: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    origin: Origin = Origin.PROXY
