"""The tables of a fleet: the one place where their columns, types and meanings stand.

Everything that has to know of columns is made from ``TABLES``: the Arrow schemas that files are written with, the schemas
that DuckDB and Spark read with, and docs/fleet-schema.md (``make docs``). Rows are tuples in the order of ``columns``.

Types are few, so that both engines mean the same by them: ``text``, ``whole`` (64 bits), ``number``, ``yesno`` and ``time``
(UTC, without a zone). A list is text with commas between: it is asked with LIKE, on every engine.
VERSION changes when a column is taken away or means something else; a new column leaves it (older files have NULL there).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
METADATA_KEY = b"meshctl.fleet.schema"

SPARK_TYPES = {
    "text": "STRING",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "yesno": "BOOLEAN",
    "time": "TIMESTAMP_NTZ",
}
WORDS = {
    "text": "text",
    "whole": "whole number",
    "number": "number",
    "yesno": "yes or no",
    "time": "time, UTC",
}


class Column(NamedTuple):
    """A column: its name, its type, what it says."""

    name: str
    type: str
    words: str


class TableShape(NamedTuple):
    """A table: its name, what one row of it is, and its own columns. ``of_proxy``: the columns of ``PROXY`` stand before
    them; ``shared``: rows stand for all meshes and dates, and are stored once. In files, all but shared tables begin with
    ``UNIT``, which the views leave out."""

    name: str
    words: str
    own: tuple[Column, ...]
    of_proxy: bool = True
    shared: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        if self.of_proxy:
            return (*PROXY, *self.own)
        return self.own if self.shared else (*PLACE, *self.own)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns as files have them."""
        return self.columns if self.shared else (UNIT, *self.columns)


UNIT = Column("unit", "text", "The part of a source that the row was read in.")
PLACE = (
    Column("mesh", "text", "The mesh, as `fleet index --mesh` named it."),
    Column(
        "date", "text", "The day of the observation, `2026-11-27`; with `--date`, whatever it was called."
    ),
)
PROXY = (
    *PLACE,
    Column("proxy", "text", "The proxy's pod: `name.namespace`."),
    Column("namespace", "text", "Its namespace."),
    Column("workload", "text", "What its pods are replicas of (a Deployment's name); its pod's name where that is not known."),
)  # fmt: skip
_HASH = Column("hash", "text", "The content hash of the resource that says so: `resources.hash`.")


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from lines ``name type words``."""
    lines = (line.split(None, 2) for line in text.strip().splitlines())
    return tuple(Column(name, type_, words.strip()) for name, type_, words in lines)


def _hashed(text: str) -> tuple[Column, ...]:
    """The same, with the content hash behind them."""
    return (*_columns(text), _HASH)


TABLES: tuple[TableShape, ...] = (
    TableShape(
        "proxies",
        "A proxy (a sidecar, a gateway or a waypoint) as it was seen on a date.",
        _columns("""
            name             text    The pod's name.
            kind             text    What it is: `sidecar`, `router` (a gateway) or `waypoint`.
            app              text    The pod's label `app`.
            version          text    The pod's label `version`.
            labels           text    All labels of the pod: `key=value`, with commas between.
            service_account  text    The service account that the pod runs as.
            node             text    The machine that it runs on.
            addresses        text    Its IP addresses.
            cluster_id       text    The Kubernetes cluster, as Istio calls it.
            mesh_id          text    The mesh, as the proxy calls it.
            istio_version    text    The version of Istio that injected it.
            envoy_version    text    The version of its Envoy.
            dump_bytes       whole   The size of its configuration dump.
            listeners        whole   How many listeners are in force.
            routes           whole   How many route configurations are in force.
            clusters         whole   How many clusters are in force.
            endpoints        whole   How many clusters have endpoints listed in the dump.
            secrets          whole   How many certificates and trust bundles it holds.
            rejected         whole   How many updates Envoy refused: see `configuration.rejected_because`.
            config_hash      text    One hash over the dynamic listeners, routes, clusters and extensions in force, with the pod's own addresses taken out: replicas with the same configuration have the same.
            endpoints_hash   text    The same over its endpoints.
            unknown          text    What was not given of it, so that silence of other tables says nothing (`endpoints`, `capture rules`); NULL where all is known.
            facts            text    What else is known of the pod, as JSON: the ports its application listens on, user ids. For `fleet trace`.
            source           text    The file or folder it was read from.
            taken            time    When the source was made.
        """),
    ),
    TableShape(
        "configuration",
        "A resource that a proxy has, in any state: in force, waiting or refused. The other tables show what is in force only.",
        _columns("""
            kind              text   `listener`, `route`, `cluster`, `endpoint`, `secret`, `ecds` (an extension), `scoped_route` or `bootstrap`.
            name              text   The resource's name.
            state             text   `active` or `static` (in force), `warming`, `draining`, or `error` (refused).
            version_info      text   The version that the control plane gave it.
            last_updated      time   When the proxy got it.
            rejected_because  text   Why Envoy refused it; NULL where it did not.
            hash              text   The content hash: `resources.hash`; NULL where the dump has no body.
        """),
    ),
    TableShape(
        "resources",
        "A resource as canonical JSON (keys sorted, secrets removed), once for all the proxies that have it.",
        _columns("""
            hash   text   The content hash.
            kind   text   As in `configuration`.
            name   text   The resource's name.
            bytes  whole  The length of the JSON.
            json   text   The resource. A bootstrap stands without the list of extensions that are compiled into Envoy.
        """),
        of_proxy=False,
        shared=True,
    ),
    TableShape(
        "listeners",
        "A listener: an address and port that a proxy takes connections for.",
        _hashed("""
            name       text   The listener's name.
            address    text   The IP address; `0.0.0.0` and `::` are all addresses.
            port       whole  The port.
            protocol   text   `tcp` or `udp`.
            direction  text   `INBOUND` (to the pod), `OUTBOUND` (from it), or NULL.
            bound      yesno  Whether the socket is really open; others are reached through `virtualOutbound` only.
            chains     whole  How many filter chains it has.
        """),
    ),
    TableShape(
        "filter_chains",
        "What a listener does with a kind of connection: one row for each cluster that a chain leads to, or one without.",
        _hashed("""
            listener        text    The listener's name.
            nth             whole   The chain's place in the listener, from 1; 0 is the chain for what no other takes.
            chain           text    The chain's name.
            matches         text    Which connections it takes, in words.
            port            whole   The destination port that it asks for; NULL: any.
            server_names    text    The TLS server names (SNI) that it asks for.
            tls             text    What it asks of the client: `no` (plain text), `server certificate` or `mutual`, with ALPN.
            kind            text    `http`, `tcp` or `other`.
            route_config    text    The route configuration that HTTP requests are routed by.
            cluster         text    The cluster that TCP connections go to.
            share           number  The cluster's share of them in percent.
            filters         text    The network filters, in order.
            http_filters    text    The HTTP filters, in order.
        """),
    ),
    TableShape(
        "virtual_hosts",
        "A virtual host: the routes of some host names.",
        _hashed("""
            route_config  text   The route configuration's name.
            listener      text   The listener that it stands in; NULL where it has come by itself (RDS).
            name          text   The virtual host's name.
            domains       text   The host names, with commas between.
            routes        whole  How many routes it has.
        """),
    ),
    TableShape(
        "routes",
        "A route: which requests go where; one row for each cluster that a route may lead to, or one without.",
        _hashed("""
            route_config     text    The route configuration's name.
            listener         text    The listener that it stands in; NULL where it has come by itself (RDS).
            virtual_host     text    The virtual host's name.
            domains          text    The host names of the virtual host, with commas between.
            nth              whole   The route's place in its virtual host, from 1: the first that matches takes the request.
            name             text    The route's name.
            matches          text    Which requests it takes, in words.
            action           text    `cluster`, `redirect`, `answer` (Envoy answers itself) or `other`.
            cluster          text    The cluster that requests go to; NULL where the request itself decides.
            host             text    The service of that cluster.
            port             whole   Its port.
            subset           text    Its subset (a DestinationRule's), such as `v1`.
            share            number  The cluster's share of the route's requests in percent.
            mirror           yesno   Whether the cluster gets copies only, whose answers are thrown away.
            destination      text    Where the whole route leads, in words.
            policy           text    Timeouts, retries, rewrites and the like, in words.
            virtual_service  text    The VirtualService that made it: `name.namespace`.
        """),
    ),
    TableShape(
        "clusters",
        "A cluster: a service (or a subset of one) that a proxy can send to.",
        _hashed("""
            name               text   The cluster's name, for Istio `direction|port|subset|host`.
            direction          text   `outbound` or `inbound`.
            host               text   The service.
            port               whole  Its port.
            subset             text   Its subset.
            type               text   How its endpoints are found: `EDS`, `STATIC`, `STRICT_DNS`, `LOGICAL_DNS`, `ORIGINAL_DST` or an extension's name.
            balancing          text   How an endpoint is chosen.
            tls                text   The TLS that it speaks: `no`, `simple`, `mutual`, or `by endpoint` (mutual where the endpoint can).
            sni                text   The server name that it sends.
            connect_timeout    text   How long a connection may take, such as `10s`.
            max_connections    whole  The limit of connections (circuit breaker); NULL: Envoy's own.
            max_requests       whole  The limit of requests at once; NULL: Envoy's own.
            outlier_detection  yesno  Whether failing endpoints are put out for a while.
            destination_rule   text   The DestinationRule that made it: `name.namespace`.
        """),
    ),
    TableShape(
        "cluster_uses",
        "Something that names a cluster: a cluster without a row here is used by nothing.",
        _hashed("""
            cluster  text   The cluster's name; `*` where the request or connection decides which.
            kind     text   The kind of resource that names it.
            name     text   That resource's name.
        """),
    ),
    TableShape(
        "endpoints",
        "An address behind a cluster.",
        _hashed("""
            cluster   text   The cluster's name.
            host      text   Its service.
            subset    text   Its subset.
            address   text   The IP address (or the path of a Unix socket, or `envoy://` for a listener inside).
            port      whole  The port.
            health    text   What the control plane said: `HEALTHY`, `UNHEALTHY`, `DRAINING`, ... (`UNKNOWN`: nothing).
            failing   text   Why this Envoy itself does not use it: outlier detection or health checks; NULL where it does, or where `/clusters` was not given.
            weight    whole  Its weight; NULL: 1.
            priority  whole  Its priority: 0 is used first.
            locality  text   `region/zone/sub_zone`.
        """),
    ),
    TableShape(
        "secrets",
        "A certificate or trust bundle that a proxy holds (the first certificate of each; private keys are never read).",
        _columns("""
            name          text  The secret's name: `default` is the workload's own certificate, `ROOTCA` whom it trusts.
            state         text  As in `configuration`.
            kind          text  `certificate`, `authority` (a trust bundle), or `none`: nothing has arrived.
            subject       text  Whose it is.
            names         text  The names in it: SPIFFE identities, DNS names.
            trust_domain  text  The SPIFFE trust domain.
            serial        text  The serial number, hexadecimal.
            not_before    time  Valid from.
            not_after     time  Valid until.
        """),
    ),
    TableShape(
        "capture",
        "What becomes of a pod's traffic before it reaches Envoy, found by walking packets through the pod's rules (IPv4 and IPv6).",
        _columns("""
            family     text  `ipv4` or `ipv6`.
            direction  text  `inbound` (to the pod) or `outbound` (from the application).
            what       text  `default` (everything that no other row names), or the kind of exception: `port`, `network`, `uid`, `gid`, `interface`, `source`.
            value      text  The exception: `5432`, `6000-6010`, `10.0.0.0/8`; NULL for `default`.
            outcome    text  `to 15001` (captured: goes to that port of Envoy), `not captured` (passes Envoy by), `dropped`, `rejected` or `undetermined`.
            origin     text  How the rules are known: observed, computed from the pod's settings, or assumed (Istio's defaults).
        """),
    ),
    TableShape(
        "capture_rules",
        "A rule of iptables or nftables in a pod.",
        _columns("""
            family      text   `ip`, `ip6` or `inet`.
            rule_table  text   `nat`, `mangle`, `raw` ...
            chain       text   The chain; `@NAME` for a named set or map of nft.
            nth         whole  The rule's place in the chain, from 1; 0 is the chain's policy (of nft: its hook, priority and policy), or, with the target `?`, something that was not shown.
            target      text   What it does: `RETURN`, `REDIRECT`, the name of a chain.
            rule        text   The rule as its source has it.
            origin      text   As in `capture`.
        """),
    ),
    TableShape(
        "policies",
        "A rule of an AuthorizationPolicy that a proxy enforces: who may (or may not) call it.",
        _hashed("""
            action       text   `ALLOW`, `DENY`, `LOG` or `CUSTOM` (an outside authorizer decides).
            policy       text   The policy: `name.namespace`.
            rule         text   The rule's number in it.
            callers      text   Who it speaks of, in words.
            requests     text   Which requests it speaks of, in words.
            dry_run      yesno  Whether it is only tried, and decides nothing.
        """),
    ),
    TableShape(
        "findings",
        "Something wrong that `meshctl check` proved; only of what was indexed with `--check`. A check over several pods has a row for each pod that it names; where it names none (two objects of Istio that contradict each other), `proxy` is NULL.",
        _columns("""
            code      text  The check: docs/checks/CODE.md explains it.
            severity  text  `error`, `warning` or `info`.
            object    text  What it is about.
            message   text  What is wrong.
            evidence  text  Where that stands in the configuration.
            fix       text  What to do.
            pods      whole How many pods the check names: 1 for a check of one pod.
        """),
    ),
    TableShape(
        "mesh_facts",
        "What the checks over several pods took down of a pod or of the cluster: `fleet index` itself reads it, when all parts of a mesh are in.",
        _columns("""
            source  text  The file or folder that was given.
            pod     text  The pod; NULL for what is told of the cluster.
            about   text  What took it down; a kind of object; `pod` and `source`: that it was there.
            fact    text  What it is, as JSON.
        """),
        of_proxy=False,
    ),
    TableShape(
        "errors",
        "Something that was given and could not be read: it is missing from all other tables.",
        _columns("""
            source  text  The file or folder that was given.
            member  text  What of it: a pod, or a file in it; NULL: all.
            what    text  What happened.
            cause   text  The likely cause.
            hint    text  What to try.
        """),
        of_proxy=False,
    ),
    TableShape(
        "units",
        "A proxy that was read, and in which part of which source: what need not be read again.",
        _columns("""
            proxy    text  The proxy's pod; NULL where the part held none.
            source   text  The file or folder that was given.
            written  time  When it was entered; of several observations of a proxy on a date the last counts.
        """),
        of_proxy=False,
    ),
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}


def arrow_type(name: str) -> pa.DataType:
    import pyarrow as pa

    return {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "yesno": pa.bool_(),
        "time": pa.timestamp("us"),
    }[name]


def arrow_schema(table: TableShape) -> pa.Schema:
    """The schema that files of a table have, with the schema's version in its metadata."""
    import pyarrow as pa

    fields = [pa.field(column.name, arrow_type(column.type)) for column in table.stored]
    return pa.schema(fields, metadata={METADATA_KEY: str(VERSION).encode()})


def spark_schema(table: TableShape) -> str:
    """The same in Spark's words."""
    return ", ".join(f"{column.name} {SPARK_TYPES[column.type]}" for column in table.stored)


def page() -> str:
    """The tables of docs/fleet-schema.md."""
    return "\n".join(_page())


def _page() -> Iterator[str]:
    yield f"Schema version {VERSION}."
    yield "\n### Columns of every table but `resources` and `errors`\n"
    yield from _rows(PROXY)
    for table in TABLES:
        yield f"\n### {table.name}\n"
        yield f"{table.words}\n"
        if not table.of_proxy and not table.shared:
            yield "Beside `mesh` and `date`:\n"
        yield from _rows(table.own)


def _rows(columns: tuple[Column, ...]) -> Iterator[str]:
    yield "| column | type | what it says |"
    yield "|---|---|---|"
    for column in columns:
        yield f"| `{column.name}` | {WORDS[column.type]} | {column.words} |"
