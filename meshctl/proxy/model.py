"""The vocabulary of a trace: the request, the steps it takes, the hops, the outcomes.

A ``Trace`` has outcomes, each with its probability; an outcome has hops (a pod's proxy, or a pod without one);
a hop has steps (a stage, what was chosen there, what was rejected and why). Nothing here prints or decides.
The shape follows network analysis tools (flow, trace, hop, step, disposition).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence

from meshctl.coverage import Basis
from meshctl.match.request_view import NOTHING, Headers, Opaque, Peer, RequestView
from meshctl.plain import Json
from meshctl.values import Struct, field, replace


class Disposition(enum.Enum):
    """How a trace can end."""

    DELIVERED = "DELIVERED"
    DENIED = "DENIED"
    FAULT = "FAULT"
    NO_LISTENER = "NO_LISTENER"
    NO_FILTER_CHAIN = "NO_FILTER_CHAIN"
    NO_ROUTE = "NO_ROUTE"
    NO_CLUSTER = "NO_CLUSTER"
    NO_HEALTHY_ENDPOINT = "NO_HEALTHY_ENDPOINT"
    REDIRECTED = "REDIRECTED"
    DIRECT_RESPONSE = "DIRECT_RESPONSE"
    BAD_REQUEST = "BAD_REQUEST"
    CONNECTION_FAILED = "CONNECTION_FAILED"
    DROPPED = "DROPPED"
    LOOP = "LOOP"
    MIXED = "MIXED"  # over several outcomes only: they end differently
    UNDETERMINED = "UNDETERMINED"

    __hash__ = object.__hash__  # as match.request_view.Part


class Stage(enum.Enum):
    """The stages of a hop, in the order a packet meets them; the value heads the line in text."""

    CAPTURE = "capture"
    NETWORK = "network"
    LISTENER = "listener"
    CHAIN = "chain"
    NETWORK_FILTER = "filter"
    HTTP = "http"
    ROUTE = "route"
    HTTP_FILTER = "policy"
    CLUSTER = "cluster"
    ENDPOINT = "endpoint"
    APPLICATION = "app"


class Payload(enum.Enum):
    """What the client sends once connected (inside TLS, if it speaks TLS)."""

    HTTP1 = "http/1.1"
    HTTP10 = "http/1.0"
    HTTP2 = "h2c"
    HTTP3 = "h3"
    RAW = "raw"
    NONE = "none"

    __hash__ = object.__hash__


class Tls(Struct, frozen=True):
    """A client's side of TLS: what its hello says and which certificate it would present."""

    sni: str = ""
    alpn: tuple[str, ...] = ()
    peer: Peer | None = None
    mesh: bool = False  # a certificate of the mesh's own authority
    max_version: str = ""
    server_names: tuple[str, ...] = ()  # identities it accepts from the server; empty: any
    proxy_protocol: bool = False  # a PROXY header goes before the hello
    agreed: str = ""  # the protocol that ALPN agreed on, behind the handshake


class Connection(Struct, frozen=True):
    """A TCP connection as it arrives at a proxy; ``dst`` is the original destination.

    ``src_ip`` may be "" (not known). ``proxy_src``/``proxy_dst`` come from a PROXY protocol header.
    """

    src_ip: str
    dst_ip: str
    dst_port: int
    src_port: int = 0
    payload: Payload = Payload.RAW
    layers: tuple[Tls, ...] = ()  # TLS sessions round the payload, the outermost first
    session: Tls | None = None  # the session this proxy has ended
    carried: Peer | None = None  # the identity an HBONE tunnel brought along
    proxy_header: tuple[str, int, str, int] | None = None
    proxy_version: int = 0  # of the PROXY header; 0 where it is not told
    socket: tuple[str, int] | None = None  # where the proxy's socket accepted it; None: at dst itself
    restored: bool = True  # whether dst is an original destination that a listener filter restored

    @property
    def tls(self) -> Tls | None:
        """The TLS session that the next reader of the bytes meets."""
        return self.layers[0] if self.layers else None


class Recreated(Struct, frozen=True):
    """What a request that the proxy made of a redirect itself carries on from the passes before.

    count: redirects followed so far; taken: (route, target route) as previous_routes remembers them; seen: (method, URL) of
    each pass; loops: whether it asks again what was asked before.
    """

    headers: Headers = field(default_factory=dict)
    client_ip: str = ""
    count: int = 0
    taken: frozenset[tuple[str, str]] = frozenset()
    seen: frozenset[tuple[str, str]] = frozenset()
    loops: bool = False


class Request(Struct, frozen=True):
    """An HTTP request as the client writes it. ``authority`` None: no Host header; "" an empty one.

    hidden: what does not show its other headers ("" where ``headers`` are all there are); unsaid: what does not tell its method,
    host and path either.
    """

    method: str = "GET"
    authority: str | None = ""
    path: str | None = "/"
    headers: tuple[tuple[str, str], ...] = ()
    protocol: str = "HTTP/1.1"
    scheme: str | None = None
    absolute_form: str = ""
    body: str = ""
    hidden: str = ""
    unsaid: str = ""
    recreated: Recreated | None = None
    opaque: Opaque = field(default_factory=lambda: NOTHING)  # what proxies before may have changed of it

    def __hash__(self) -> int:
        """What it asks for; what is known of it besides is a mapping, told apart by equality."""
        return hash((self.method, self.authority, self.path, self.headers, self.protocol))

    @property
    def http2(self) -> bool:
        return self.protocol == "HTTP/2"

    @property
    def multiplexed(self) -> bool:
        """Whether it is a stream of frames: HTTP/2 or HTTP/3."""
        return self.protocol in ("HTTP/2", "HTTP/3")


class Rejected(Struct, frozen=True):
    """A candidate that was not chosen, and the first criterion that failed."""

    name: str
    reason: str


class Step(Struct, frozen=True):
    """One stage: what was chosen, why, where it stands in the configuration, what was rejected."""

    stage: Stage
    chosen: str
    detail: str = ""
    where: str = ""
    resource: str = ""
    rejected: tuple[Rejected, ...] = ()
    data: Json = field(default_factory=dict)
    basis: Basis = Basis.OBSERVED  # how what it tells is known


MakeStep = Callable[[], Step]


class Log(Struct, frozen=True):
    """The steps so far; a silent log (many requests, no reader) never builds them."""

    steps: tuple[Step, ...] = ()
    silent: bool = False

    def add(self, make: MakeStep) -> Log:
        return self if self.silent else Log((*self.steps, make()))


class Verdict(Struct, frozen=True):
    """How a proxy's part ends: the disposition and what its access log would show."""

    disposition: Disposition
    code: int | None = None
    flags: str | None = None
    details: str | None = None
    reason: str = ""


class Passage(Struct, frozen=True):
    """What one proxy did with a connection or a request: an access log line, with the reasons.

    ``None`` stands where the access log has "-". ``upstream`` is what goes on to the next hop.
    """

    verdict: Verdict
    probability: float = 1.0
    listener: str | None = None
    filter_chain: str | None = None
    route_config: str | None = None
    virtual_host: str | None = None
    route_name: str | None = None
    cluster: str | None = None
    upstream_hosts: tuple[tuple[str, float], ...] = ()
    location: str | None = None
    upstream_path: str | None = None
    upstream_req_host: str | None = None
    steps: tuple[Step, ...] = ()
    undetermined: tuple[str, ...] = ()
    upstream: Upstream | None = None
    notes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()  # what it rests on without having been seen
    tls: bool = False
    http: bool = False
    decided: bool = True  # False: this way or another, and nothing says how often
    logged: bool = True  # whether the proxy writes an access log entry for it
    seen: RequestView | None = None  # as the filters left it
    answered_to: RequestView | None = None  # as it goes on, where the proxy answers for a host


class Endpoint(Struct, frozen=True):
    """An upstream host, its share of the traffic and what the connection to it will be."""

    address: str
    probability: float = 1.0
    hostname: str = ""
    metadata: Json = field(default_factory=dict)
    additional: tuple[str, ...] = ()  # other addresses of the same host, for the other family
    cluster: str = ""  # the cluster it belongs to, where that is not the one that was asked (an aggregate)

    @property
    def ip(self) -> str:
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        port = self.address.rpartition(":")[2]
        return int(port) if port.isdigit() else 0


def scaled(endpoints: Sequence[Endpoint]) -> tuple[float, tuple[Endpoint, ...]]:
    """What share these have together, and them as if they were all: their shares add up to 1."""
    share = sum([endpoint.probability for endpoint in endpoints])
    if share == 1.0:
        return share, tuple(endpoints)
    return share, tuple([replace(one, probability=one.probability / share) for one in endpoints])


class Looked(Struct, frozen=True):
    """The route that was looked up for a redirect, which the log names from then on."""

    virtual_host: str | None = None
    route_name: str | None = None
    cluster: str | None = None


class Followed(Struct, frozen=True):
    """What a proxy makes of an answer: a request of its own, or (None) the client gets the answer. open: what it hangs on that
    is not known."""

    probability: float = 1.0
    request: Request | None = None
    looked: Looked | None = None
    open: tuple[str, ...] = ()


Follow = Callable[[int | None, str | None], Iterator[Followed]]  # by the answer's code and Location


class Upstream(Struct, frozen=True):
    """What a proxy sends on: to which cluster and endpoints, over what, and the request as rewritten."""

    cluster: str
    endpoints: tuple[Endpoint, ...]
    request: Request | None
    source_ips: tuple[str, ...] = ()
    http2: bool = False
    alpn_override: tuple[str, ...] | None = None
    payload: Payload = Payload.RAW
    layers: tuple[Tls, ...] = ()  # the client's own TLS, passed through
    mark: int = 0  # the socket mark of the connection (original_src in TPROXY mode)
    retries: frozenset[str] = frozenset()  # what is tried again (retry_on), empty for nothing
    mirrors: tuple[str, ...] = ()
    follow: Follow | None = None  # redirects of the answer
    relocated: Callable[[str], str | None] | None = (
        None  # a Location that comes back, as routes change it; None: not at all
    )
