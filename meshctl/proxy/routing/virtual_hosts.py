"""Which virtual host a request goes to: domains of a route configuration, most specific first.

Theory of operation. The host (``:authority``, or the header that vhost_header names) is lower-cased; with
ignore_port_in_host_matching everything behind the last colon outside brackets is cut, numeric or not. Then:
the exact domain; the longest ``*suffix``; the longest ``prefix*``; ``*``. A wildcard stands for at least one
character. A configuration whose only domain is ``*`` asks for no host at all. Without that
header (no Host, or not the one that vhost_header names) no virtual host is found, not even ``*``.
Follows source/common/router/config_impl.cc (RouteMatcher::findVirtualHost).
"""

from __future__ import annotations

from meshctl.envoy.api.config_route_v3 import RouteConfiguration
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Headers
from meshctl.match.supposing import NOTHING_SUPPOSED, Supposed, answered
from meshctl.proxy.http.hcm import port_start
from meshctl.values import Struct, field


class DomainTable(Struct):
    """The domains of one route configuration; values are indexes of its virtual hosts."""

    ignore_port: bool = False
    host_header: str = ""
    exact: dict[str, int] = field(default_factory=dict)
    suffixes: dict[int, dict[str, int]] = field(default_factory=dict)
    prefixes: dict[int, dict[str, int]] = field(default_factory=dict)
    default: int | None = None
    unread: dict[int, str] = field(
        default_factory=dict
    )  # virtual hosts whose domains cannot be read, and why

    def add(self, domain: str, index: int) -> None:
        """File a domain; of equal ones the first counts."""
        domain = domain.lower()
        if domain == "*":
            if self.default is None:
                self.default = index
        elif domain.startswith("*"):
            self.suffixes.setdefault(len(domain) - 1, {}).setdefault(domain[1:], index)
        elif domain.endswith("*"):
            self.prefixes.setdefault(len(domain) - 1, {}).setdefault(domain[:-1], index)
        else:
            self.exact.setdefault(domain, index)

    def host(self, headers: Headers) -> str:
        """The name that is looked up."""
        values = headers.get(self.host_header or ":authority")
        host = values[0] if values else ""
        if self.ignore_port:
            colon = port_start(host)
            host = host[:colon] if colon >= 0 else host
        return host.lower()

    def find(self, headers: Headers, supposed: Supposed = NOTHING_SUPPOSED) -> tuple[int | None, str]:
        """The virtual host's index and the domain that took the request; None and "" when none does.

        Raises Open where a virtual host whose domains cannot be read may be the one: an exact domain stands in one
        virtual host only.
        """
        if self.unread and self.host(headers) not in self.exact:
            for index, reason in self.unread.items():
                unknown = Undecidable(f"a virtual host may take the request: {reason}")
                if answered(supposed, f"virtual host #{index} takes the request", unknown):
                    return index, "(not known)"
        if not self.exact and not self.suffixes and not self.prefixes:
            return self.default, "*" if self.default is not None else ""
        if (self.host_header or ":authority") not in headers:
            return None, ""
        host = self.host(headers)
        if host:
            if host in self.exact:
                return self.exact[host], host
            found = self._wildcard(host)
            if found is not None:
                return found
        return self.default, "*" if self.default is not None else ""

    def _wildcard(self, host: str) -> tuple[int, str] | None:
        for length in sorted(self.suffixes, reverse=True):
            if length < len(host):
                index = self.suffixes[length].get(host[-length:])
                if index is not None:
                    return index, f"*{host[-length:]}"
        for length in sorted(self.prefixes, reverse=True):
            if length < len(host):
                index = self.prefixes[length].get(host[:length])
                if index is not None:
                    return index, f"{host[:length]}*"
        return None


def compile_domains(config: RouteConfiguration) -> DomainTable:
    """The domain table of a RouteConfiguration."""
    table = DomainTable(config.ignore_port_in_host_matching, config.vhost_header.lower())
    for index, virtual_host in enumerate(config.virtual_hosts):
        try:
            domains = virtual_host.domains
        except Undecidable as unknown:
            table.unread[index] = unknown.reason
            continue
        if not domains:
            name = virtual_host.name
            table.unread[index] = f"the domains of {name} are not in the dump, and Envoy takes none without"
        for domain in domains:
            table.add(domain, index)
    return table
