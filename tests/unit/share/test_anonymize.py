"""No name of a mesh is left: hosts, issuers, images, owners, keys of own domains, e-mails; the platform's names stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.share.anonymize import Anonymizer, Vocabulary
from meshctl.share.scan import scan_names

CASES: dict[str, Any] = {
    "hosts that begin as Envoy's names do": {
        "hosts": ["envoy.zorgcorp.io", "google.zorgcorp.io", "xds.zorgcorp.io"]
    },
    "an issuer": {
        "jwtRules": [{"issuer": "https://login.zorgcorp.io", "jwksUri": "https://keys.zorgcorp.io/jwks"}]
    },
    "an issuer without a scheme": {"issuer": "login.zorgcorp.io"},
    "a redirect": {
        "http": [{"redirect": {"authority": "new.zorgcorp.io"}, "rewrite": {"authority": "old.zorgcorp.io"}}]
    },
    "a rewrite of Envoy": {"route": {"host_rewrite_literal": "zorgcorp.io"}},
    "an image": {"containers": [{"name": "a", "image": "registry.zorgcorp.io/zorgcorp-team/zorgcorp:1.2"}]},
    "an owner": {
        "metadata": {"name": "x", "ownerReferences": [{"kind": "ReplicaSet", "name": "zorgcorp-7c79c4bf97"}]}
    },
    "a secret": {
        "volumes": [{"secret": {"secretName": "zorgcorp-tls"}}, {"configMap": {"name": "zorgcorp-settings"}}]
    },
    "a cluster": {"node": {"metadata": {"CLUSTER_ID": "zorgcorp-eu"}}},
    "a node": {"spec": {"nodeName": "zorgcorp-node-1.internal"}},
    "a zone": {"locality": {"region": "zorgcorp-dc", "zone": "zorgcorp-a"}},
    "a key of an annotation": {"metadata": {"name": "x", "annotations": {"zorgcorp.io/owner": "true"}}},
    "an e-mail": {"metadata": {"name": "x", "annotations": {"example.com/mail": "zorgcorp@zorgcorp.io"}}},
}


@pytest.mark.parametrize("name", CASES)
def test_no_name_is_left(name: str) -> None:
    vocabulary = Vocabulary()
    vocabulary.collect(CASES[name])
    anonymizer = Anonymizer(vocabulary, b"k" * 32)
    data = anonymizer.json(json.dumps(CASES[name]).encode())
    assert b"zorgcorp" not in data
    assert list(scan_names(data, "f.json", anonymizer)) == []


def test_what_matched_matches_after() -> None:
    document = {
        "domains": ["*.zorgcorp.io"],
        "host": "a.zorgcorp.io",
        "labels": {"zorgcorp.io/app": "x"},
        "selector": {"zorgcorp.io/app": "x"},
    }
    vocabulary = Vocabulary()
    vocabulary.collect(document)
    after = json.loads(Anonymizer(vocabulary, b"k" * 32).json(json.dumps(document).encode()))
    assert after["host"].endswith(after["domains"][0][1:])
    assert list(after["labels"]) == list(after["selector"]) != ["zorgcorp.io/app"]


def test_the_webhook_of_the_injector_stops_nothing() -> None:
    document = {
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "istio-sidecar-injector", "labels": {"app": "sidecar-injector"}},
    }
    index = {"pods": [{"pod": "a", "proxy": "sidecar"}], "kind": "meshctl-snapshot"}
    vocabulary = Vocabulary()
    vocabulary.collect(document)
    anonymizer = Anonymizer(vocabulary, b"k" * 32)
    for one in (document, index):
        data = anonymizer.json(json.dumps(one).encode())
        assert json.loads(data) == one
        assert list(scan_names(data, "f.json", anonymizer)) == []


@pytest.mark.parametrize(
    "name",
    ["envoy.filters.network.http_connection_manager", "envoy.transport_sockets.tls", "type.googleapis.com/envoy.config.x", "xds.type.v3.TypedStruct",
     "google.protobuf.Struct", "istio.stats", "envoy.load_balancing_policies.round_robin"],
)  # fmt: skip
def test_names_of_envoy_stay(name: str) -> None:
    vocabulary = Vocabulary()
    vocabulary.collect({"hosts": ["filters.network.tls.config.type.stats.test"]})
    assert Anonymizer(vocabulary, b"k" * 32).text(name) == name
