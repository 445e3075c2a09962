"""The filter that ``eds`` and ``endpoint`` share."""

from __future__ import annotations

import msgspec


class EndpointFilter(msgspec.Struct, frozen=True):
    """istioctl's filters, all without regard to case. What ``address`` is compared with is the view's:
    ``bare`` says that it is an address without a port."""

    address: str = ""
    port: int = 0
    cluster: str = ""
    status: str = ""
    bare: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.address or self.port or self.cluster or self.status)

    def passes(self, port: int, health: str) -> bool:
        """Whether port and health pass; the cluster is compared once for all its endpoints."""
        if self.port and port != self.port % 2**32:
            return False
        return not self.status or health.casefold() == self.status.casefold()
