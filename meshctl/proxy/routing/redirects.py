"""Internal redirects: whether a route follows a redirect of its upstream itself, and with which request.

Theory of operation. A route's policy says which codes are followed (302 alone without a word) and how often. The Location
must be a whole URL; another scheme must be allowed; the limit counts over all passes of a request; the new request must have
a route; then the predicates are asked of that route. The new request has the headers as the router sent them on, with
scheme, host and path of the Location, and goes through the connection manager again, which writes no headers the second
time. A redirect that is not followed is the client's. An upgrade never ends, so it is never asked again.
Follows source/common/router/router.cc (setupRedirect, convertRequestHeadersForInternalRedirect) and
source/extensions/internal_redirect/*.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.config_route_v3 import InternalRedirectPolicy, RouteAction
from meshctl.envoy.api.extensions_internal_redirect_allow_listed_routes_v3 import AllowListedRoutesConfig
from meshctl.envoy.api.extensions_internal_redirect_previous_routes_v3 import PreviousRoutesConfig
from meshctl.envoy.api.extensions_internal_redirect_safe_cross_scheme_v3 import SafeCrossSchemeConfig
from meshctl.envoy.message import Packed, Undecidable
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import Headers, Part, RequestView, carried
from meshctl.match.supposing import Supposed, answered
from meshctl.patterns import expression
from meshctl.proxy.accounting import open_fields
from meshctl.proxy.chance import Asked, worlds
from meshctl.proxy.entry import Alternatives
from meshctl.proxy.http.connection_header import is_upgrade
from meshctl.proxy.model import Followed, Looked, Recreated, Request
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.routes import Route, RouteTable, of_table
from meshctl.values import Struct, replace

# What is assumed of an upstream that is no proxy of what was given.
NOT_REDIRECTED = "that the application does not answer with a redirect, which the proxy would follow itself (internal_redirect_policy)"
_CODES = frozenset({301, 302, 303, 307, 308})
_URL = expression(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:[^/?#@]*@)?([^/?#@]+)([^#]*)(#.*)?")
_FRAGMENT = "envoy.reloadable_features.http_reject_path_with_fragment"


def policy_of(action: RouteAction) -> InternalRedirectPolicy | None:
    """The policy of a route, also in its older spelling; None for one that follows nothing."""
    if action.internal_redirect_policy is not None:
        return action.internal_redirect_policy
    if action.internal_redirect_action != "HANDLE_INTERNAL_REDIRECT":
        return None
    limit = action.max_internal_redirects
    return InternalRedirectPolicy({} if limit is None else {"max_internal_redirects": limit})


class Redirects(Struct, frozen=True):
    """A policy, and the request as it was sent on. ``asked`` is the request as it came to the route, ``view`` as it left."""

    policy: InternalRedirectPolicy
    request: Request
    asked: RequestView
    view: RequestView
    table: RouteTable | None
    runtime: Runtime
    route: str
    client_ip: str

    def follow(self, code: int | None, location: str | None) -> Iterator[Followed]:
        """What the proxy makes of an answer, each way with its share.

        Raises Undecidable where a predicate is not known.
        """
        before = self.request.recreated or Recreated()
        wanted = set(self.policy.redirect_response_codes) & _CODES
        limit = self.policy.max_internal_redirects
        found = _URL.fullmatch(location or "")
        if (
            code not in (wanted if self.policy.redirect_response_codes else {302})
            or self.view.target is None
            or found is None
            or before.count >= (1 if limit is None else limit)
            or is_upgrade(self.view.headers)
            or self.view.is_connect
        ):
            yield Followed()
            return
        scheme, host, path = found[1], found[2], found[3] if found[3].startswith("/") else f"/{found[3]}"
        if found[4] and self.runtime.values.get(_FRAGMENT) is False:
            path += found[4]
        secure = self._secure, scheme.lower() != "http"
        if secure[0] != secure[1] and not self.policy.allow_cross_scheme_redirect:
            yield Followed()
            return
        headers = {**self.view.headers, ":scheme": [scheme], ":authority": [host], ":path": [path]}
        opaque = self._copied(headers)
        view = self.view.carrying(headers).doubted({**self.view.opaque, **opaque})

        def ways(supposed: Supposed, asked: Asked) -> Iterator[Followed]:
            reasons, part = tuple(question.reason for question, _ in asked), 0.5 ** len(asked)
            world = view.supposing(supposed)
            for share, vhost, route, _ in of_table(self.table, world, Draw()):
                looked = Looked(vhost.name, *_names(route, world)) if vhost is not None else Looked()
                taken = None if route is None else self._accepted(before, route.name, secure, supposed)
                made = None if taken is None else self._made(before, code, dict(headers), opaque, taken)
                yield Followed(share * part, made, looked, reasons)

        yield from worlds(ways, view.supposed, Alternatives())

    @property
    def _secure(self) -> bool:
        return self.view.tls and self.view.first(":scheme").lower() != "http"

    def _copied(self, headers: Headers) -> dict[Part | str, str]:
        """response_headers_to_copy: what the answer has of them is not known, and without one the request's own goes."""
        names = [name.lower() for name in self.policy.response_headers_to_copy]
        for name in names:
            headers.pop(name, None)
        return dict.fromkeys(names, "the answer that redirects (response_headers_to_copy)")

    def _accepted(
        self, before: Recreated, target: str, secure: tuple[bool, bool], supposed: Supposed
    ) -> frozenset[tuple[str, str]] | None:
        """What previous_routes remembers once all predicates have accepted the target route; None if one has not."""
        taken = before.taken
        for predicate in self.policy.predicates:
            packed = predicate.typed_config or Packed({})
            if unread := open_fields(packed.raw, packed.type_name):
                unknown = Undecidable(f"predicate {predicate.name}: {unread[0].reason}")
                if not answered(supposed, f"predicate {predicate.name} accepts the redirect", unknown):
                    return None
            elif packed.as_(PreviousRoutesConfig) is not None:
                if (self.route, target) in taken:
                    return None
                taken |= {(self.route, target)}
            elif (listed := packed.as_(AllowListedRoutesConfig)) is not None:
                if target not in listed.allowed_route_names:
                    return None
            elif packed.as_(SafeCrossSchemeConfig) is not None and secure[1] and not secure[0]:
                return None
        return taken

    def _made(
        self,
        before: Recreated,
        code: int,
        headers: Headers,
        opaque: dict[Part | str, str],
        taken: frozenset[tuple[str, str]],
    ) -> Request:
        method, body = self.request.method, self.request.body
        headers["x-envoy-original-url"] = [
            f"{'https' if self._secure else 'http'}://{_rest(self.view.headers)}"
        ]
        if code == 303 and method not in ("GET", "HEAD"):
            method, body = "GET", ""
            headers[":method"] = ["GET"]
            headers.pop("content-length", None)
        url = f"{headers[':scheme'][0]}://{_rest(headers)}"
        first = (self.request.method, f"{self.asked.first(':scheme')}://{_rest(self.asked.headers)}")
        seen = before.seen | {first}
        made = Recreated(
            headers,
            self.client_ip,
            before.count + 1,
            taken,
            seen,
            before.loops or (method, url) in seen,
        )
        return replace(
            self.request,
            method=method,
            authority=headers[":authority"][0],
            path=headers[":path"][0],
            scheme=headers[":scheme"][0],
            headers=tuple((n, v) for n, values in headers.items() if n[0] != ":" for v in values),
            body=body,
            absolute_form="",
            opaque={**carried(self.view.opaque), **opaque},
            recreated=made,
        )


def _names(route: Route | None, view: RequestView) -> tuple[str | None, str | None]:
    """The route's name and the cluster that it names, for the log; None where only a draw tells."""
    if route is None or route.stands_for_tls:
        return None, None
    action = route.message.get("route") or {}
    header = str(action.get("cluster_header") or "").lower()
    return route.name or None, str(action.get("cluster") or (header and view.first(header)) or "") or None


def _rest(headers: Headers) -> str:
    return headers[":authority"][0] + headers[":path"][0]
