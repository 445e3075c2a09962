"""A field that is called evaluated was compared with a real Envoy; one that was not is told as such, and only such a one."""

from __future__ import annotations

import pytest

from meshctl.proxy.accounting import accounts
from tests.differential.compared_fields import compared


@pytest.mark.corpus
def test_every_evaluated_field_was_compared_with_a_real_envoy() -> None:
    missing = [
        f"{message} {field}"
        for message, account in sorted(accounts().items())
        for field in sorted(account.evaluated)
        if (message, field) not in compared()
    ]
    assert missing == [], "to be compared (tests/differential/test_fields_envoy.py), or called sourced"


@pytest.mark.corpus
def test_what_was_compared_is_not_called_sourced() -> None:
    stale = [
        f"{message} {field}"
        for message, account in sorted(accounts().items())
        for field in sorted(account.sourced)
        if (message, field) in compared()
    ]
    assert stale == [], "to be called evaluated"


def test_few_fields_rest_on_the_source_alone() -> None:
    known = [len(account.evaluated) for account in accounts().values()]
    sourced = [len(account.sourced) for account in accounts().values()]
    assert sum(sourced) <= 0.13 * sum(known)
