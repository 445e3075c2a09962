"""Paths of requests under pseudonyms: what was under a path stays under it; what is no request's stays."""

from __future__ import annotations

import re

import pytest

from meshctl.share.anonymize import Anonymizer, Vocabulary
from meshctl.share.paths import PathPseudonyms

KEY = b"k" * 32
NAMES = PathPseudonyms(KEY)


def test_what_was_under_a_path_stays_under_it():
    prefix, path = NAMES.text("/shop/cart"), NAMES.text("/shop/cart/items/77?user=ann")
    assert path.startswith(prefix + "/") and path.endswith("/77?user=ann")
    assert "shop" not in prefix and "items" not in path
    assert not NAMES.text("/shopping").startswith(NAMES.text("/shop"))


def test_an_expression_still_matches_what_it_matched():
    wanted = NAMES.text(r"^/users/[0-9]+/orders$")
    assert "users" not in wanted and "orders" not in wanted
    assert re.fullmatch(wanted, NAMES.text("/users/42/orders"))
    assert not re.fullmatch(wanted, NAMES.text("/users/42/carts"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/healthz/ready",
        "/stats/prometheus",
        "/etc/certs/cert.pem",
        "/dev/stdout",
        "/app-health/app/livez",
        "/*",
        "/{**}",
    ],
)
def test_what_is_nobodys_own_stays(path):
    assert NAMES.text(path) == path


def test_paths_are_renamed_only_where_it_is_asked_for():
    value = {"match": {"prefix": "/shop/cart"}, "redirect": "https://a.example/shop/cart"}
    kept = Anonymizer(Vocabulary(), KEY).document(value)
    assert kept["match"] == value["match"]
    renamed = Anonymizer(Vocabulary(), KEY, paths=True).document(value)
    assert renamed["match"]["prefix"] == NAMES.text("/shop/cart")
    assert renamed["redirect"].endswith(NAMES.text("/shop/cart"))


def test_the_platforms_own_paths_stay():
    value = "/apis/networking.istio.io/v1/namespaces/shop/virtual-service/cart"
    assert "virtual-service" in Anonymizer(Vocabulary(), KEY, paths=True).document(value)
