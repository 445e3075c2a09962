"""An upstream host as the load balancer sees it."""

from __future__ import annotations

import enum
from typing import Any

from meshctl.values import Struct, field

Json = dict[str, Any]


class Health(enum.Enum):
    """A host's health as the load balancer counts it."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    EXCLUDED = "excluded"  # draining: neither used nor counted, except in panic


class Host(Struct, frozen=True):
    """One upstream host."""

    address: str
    hostname: str = ""
    health: Health = Health.HEALTHY
    weight: int = 1
    priority: int = 0
    locality: str = ""
    locality_weight: int = 0
    metadata: Json = field(default_factory=dict)
    reason: str = ""  # why it is not healthy
    additional: tuple[str, ...] = ()
    shown: bool = True  # with its metadata and its locality's weight; not so when only /clusters names it

    def lb_metadata(self, key: str) -> Any:
        return (self.metadata.get("envoy.lb") or {}).get(key)

    def hash_key(self, by_hostname: bool) -> str:
        """What consistent hashing hashes of it."""
        own = self.lb_metadata("hash_key")
        if isinstance(own, str) and own:
            return own
        return self.hostname if by_hostname else self.address
