"""Who the client is: x-forwarded-for from the right, extensions, and what goes back into the list."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.match.address_ranges import Untold
from meshctl.proxy.http.client_address import Client, is_internal, of

Json = dict[str, Any]
PEER = "10.1.1.1"
_TYPES = "type.googleapis.com/envoy.extensions.http.original_ip_detection."


def xff(**fields: Any) -> Json:
    return {"name": "xff", "typed_config": {"@type": f"{_TYPES}xff.v3.XffConfig", **fields}}


def custom(**fields: Any) -> Json:
    config = {"@type": f"{_TYPES}custom_header.v3.CustomHeaderConfig", "header_name": "X-Client", **fields}
    return {"name": "custom", "typed_config": config}


def cidrs(*addresses: str) -> Json:
    return {"cidrs": [{"address_prefix": address, "prefix_len": 8} for address in addresses]}


EDGE = {"use_remote_address": True}
CASES = [  # settings, x-forwarded-for (None: absent), the client
    (EDGE, "1.1.1.1", Client(PEER, False, True)),
    (EDGE, None, Client(PEER, True, True)),
    ({**EDGE, "skip_xff_append": True}, None, Client(PEER, True, False)),
    ({**EDGE, "xff_num_trusted_hops": 1}, "1.1.1.1, 2.2.2.2", Client("2.2.2.2", False, True)),
    ({**EDGE, "xff_num_trusted_hops": 2}, "1.1.1.1, 2.2.2.2", Client("1.1.1.1", False, True)),
    ({**EDGE, "xff_num_trusted_hops": 3}, "1.1.1.1, 2.2.2.2", Client(PEER, False, True)),
    ({**EDGE, "xff_num_trusted_hops": 1}, "1.1.1.1, name", Client(PEER, False, True)),
    ({}, "1.1.1.1", Client("1.1.1.1", True)),
    ({}, "1.1.1.1 , 2.2.2.2 ", Client("2.2.2.2", False)),
    ({}, None, Client(PEER, False)),
    ({}, "", Client(PEER, False)),
    ({}, "1.1.1.1, name", Client(PEER, False)),
    ({"xff_num_trusted_hops": 1}, "1.1.1.1, 2.2.2.2", Client("1.1.1.1", False)),
    ({"xff_num_trusted_hops": 1}, "1.1.1.1", Client(PEER, False)),
    ({"original_ip_detection_extensions": [xff()]}, "1.1.1.1", Client("1.1.1.1", True)),
    ({"original_ip_detection_extensions": [xff(skip_xff_append=False)]}, "1.1.1.1", Client("1.1.1.1", True, True)),
    ({"original_ip_detection_extensions": [xff(skip_xff_append=True)]}, "1.1.1.1", Client("1.1.1.1", True, False)),
    ({"original_ip_detection_extensions": [xff(xff_num_trusted_hops=1)]}, "1.1.1.1, 2.2.2.2", Client("1.1.1.1", False)),
    ({"original_ip_detection_extensions": [xff()]}, None, Client(PEER)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("11.0.0.0"))]}, "1.1.1.1", Client(PEER, False, True)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("10.0.0.0"))]}, "1.1.1.1, 10.9.9.9",
     Client("1.1.1.1", False)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("10.0.0.0"))]}, "2.2.2.2, 1.1.1.1, 10.9.9.9",
     Client("1.1.1.1", False)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("10.0.0.0"))]}, "1.1.1.1", Client("1.1.1.1", True)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("10.0.0.0"))]}, "10.8.8.8, 10.9.9.9",
     Client("10.8.8.8", False)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("10.0.0.0"))]}, "10.9.9.9", Client("10.9.9.9", True)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("10.0.0.0"))]}, "1.1.1.1, x", Client(PEER, False)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("10.0.0.0"))]}, None, Client(PEER, False)),
    ({"original_ip_detection_extensions": [custom()]}, "1.1.1.1", Client(PEER)),
    ({"original_ip_detection_extensions": [custom(), xff()]}, "1.1.1.1", Client("1.1.1.1", True)),
    ({"original_ip_detection_extensions": [xff(xff_trusted_cidrs=cidrs("11.0.0.0")), xff()]}, "1.1.1.1",
     Client("1.1.1.1", True, True)),
    ({"original_ip_detection_extensions": [custom(reject_with_status={"code": "Unauthorized"}), xff()]}, "1.1.1.1",
     Client("", rejected=401)),
    ({"original_ip_detection_extensions": [custom(reject_with_status={"code": "OK"})]}, None, Client("", rejected=403)),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "forwarded", "client"), CASES)
def test_the_client(settings: Json, forwarded: str | None, client: Client) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": [forwarded]}
    assert of(HttpConnectionManager(settings), headers, PEER) == client


@pytest.mark.parametrize("trusted", [True, False])
def test_the_client_of_a_header_of_its_own(trusted: bool) -> None:
    config = {"original_ip_detection_extensions": [custom(allow_extension_to_set_address_as_trusted=trusted)]}
    found = of(HttpConnectionManager(config), {"x-client": ["1.2.3.4", "5.6.7.8"]}, PEER)
    assert found == Client("1.2.3.4", trusted)


def test_several_headers_are_one_list() -> None:
    assert (
        of(HttpConnectionManager({}), {"x-forwarded-for": ["1.1.1.1", "2.2.2.2"]}, PEER).address == "2.2.2.2"
    )


def test_the_address_that_another_extension_finds_is_not_known() -> None:
    mine = {"name": "mine", "typed_config": {"@type": "t/x.Y"}}
    config = HttpConnectionManager({"original_ip_detection_extensions": [xff(), mine]})
    assert of(config, {"x-forwarded-for": ["1.1.1.1"]}, PEER) == Client("1.1.1.1", True)
    found = of(config, {}, PEER).address
    assert (found, type(found)) == (
        "the client's address is found by mine, which meshctl does not know",
        Untold,
    )


INTERNAL = {
    "internal_address_config": {
        "cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}, {"address_prefix": "x"}]
    }
}


@pytest.mark.parametrize(("config", "client", "internal"), [
    (INTERNAL, Client("10.1.1.1", True), True), (INTERNAL, Client("10.1.1.1", False), False),
    (INTERNAL, Client("11.1.1.1", True), False), ({}, Client("10.1.1.1", True), False),
    ({"internal_address_config": {}}, Client("10.1.1.1", True), False),
])  # fmt: skip
def test_who_is_internal(config: Json, client: Client, internal: bool) -> None:
    assert is_internal(HttpConnectionManager(config), client) is internal
