"""RBAC's rules: which policy decides, what is told of those that do not, and what stays open."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.filters.policies import Undecided, compile_rules, decide, refusal
from tests.unit.proxy.filters.test_conditions import NO, SUBJECT, UNKNOWN, YES

Json = dict[str, Any]
FALSE = {"const_expr": {"bool_value": False}}
TRUE = {"const_expr": {"bool_value": True}}


def policy(permission: Json = YES, principal: Json = YES, **more: Any) -> Json:
    return {"permissions": [permission], "principals": [principal], **more}


def rules(action: str, **policies: Json) -> Json:
    return {"rules": {**({"action": action} if action else {}), "policies": policies}}


MET, UNMET, OPEN = policy(), policy(NO), policy(UNKNOWN)
WHY = "the RBAC condition not_yet is not evaluated"
Answer = (
    tuple[bool, str, str] | str
)  # allowed, by which policy, what may have been another; or who would deny

DECIDED: list[tuple[Json, Answer]] = [
    (rules("ALLOW", a=MET), (True, "a", "")), (rules("", a=MET), (True, "a", "")), (rules("ALLOW", a=UNMET), (False, "", "")), (rules("ALLOW"), (False, "", "")), (rules("ALLOW", a=UNMET, b=MET), (True, "b", "")),
    (rules("DENY", a=MET), (False, "a", "")), (rules("DENY", a=UNMET), (True, "", "")), (rules("DENY"), (True, "", "")), (rules("LOG", a=MET), (True, "a", "")), (rules("LOG", a=UNMET), (True, "", "")), (rules("LOG", a=OPEN), (True, "", "")),
    # by their names, not as they are written
    (rules("DENY", b=MET, a=MET), (False, "a", "")), (rules("ALLOW", **{"ns[b]": MET, "ns[a]": MET}), (True, "ns[a]", "")),
    # one of the permissions and one of the principals, and the condition
    (rules("ALLOW", a=policy(YES, NO)), (False, "", "")), (rules("ALLOW", a=policy(NO, YES)), (False, "", "")), (rules("ALLOW", a={"permissions": [NO, YES], "principals": [NO, YES]}), (True, "a", "")), (rules("ALLOW", a={"permissions": [], "principals": [YES]}), (False, "", "")), (rules("ALLOW", a={"permissions": [YES]}), (False, "", "")),
    (rules("ALLOW", a=policy(condition=TRUE)), (True, "a", "")), (rules("ALLOW", a=policy(condition=FALSE)), (False, "", "")), (rules("ALLOW", a=policy(checked_condition={"expr": FALSE})), (False, "", "")), (rules("ALLOW", a=policy(NO, condition=TRUE)), (False, "", "")),
    # what is not known leaves it open, unless another policy decides; then which one it was
    (rules("ALLOW", a=OPEN), ""), (rules("DENY", a=OPEN), "a"), (rules("ALLOW", a=OPEN, b=MET), (True, "b", WHY)), (rules("DENY", a=OPEN, b=MET), (False, "b", WHY)), (rules("DENY", a=MET, b=OPEN), (False, "a", "")), (rules("DENY", a=OPEN, b=UNMET), "a"), (rules("DENY", b=OPEN, c=OPEN), "b"), (rules("ALLOW", a=policy(UNKNOWN, NO)), (False, "", "")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), DECIDED)
def test_which_policy_decides(message: Json, expected: Answer) -> None:
    compiled = compile_rules(message)
    assert compiled is not None
    if isinstance(expected, str):
        with pytest.raises(Undecided) as found:
            decide(compiled, SUBJECT, {})
        assert (found.value.policy, found.value.reason) == (expected, WHY)
        assert (refusal(found.value).allowed, refusal(found.value).policy) == (False, expected)
        return
    answer = decide(compiled, SUBJECT, {})
    assert (answer.allowed, answer.policy, answer.doubt) == expected
    assert answer.rejected == ()  # said only to whom asks


TOLD: list[tuple[Json, list[tuple[str, str]]]] = [
    (rules("ALLOW", a=UNMET, b=MET, c=UNMET), [("policy a", "wants no one")]),
    (rules("DENY", a=policy(YES, {"destination_port": 80})), [("policy a", "port is 8080, wants port 80")]),
    (rules("ALLOW", a=policy(condition=FALSE)), [("policy a", "wants its CEL condition to hold")]),
    (rules("LOG", a=OPEN, b=UNMET), [("policy b", "wants no one")]),
    (rules("ALLOW", a=MET), []),
]


@pytest.mark.parametrize(("message", "told"), TOLD)
def test_why_the_policies_before_did_not_match(message: Json, told: list[tuple[str, str]]) -> None:
    compiled = compile_rules(message)
    assert compiled is not None
    found = decide(compiled, SUBJECT, {}, explain=True)
    assert [(one.name, one.reason) for one in found.rejected] == told


def test_without_rules_nothing_is_enforced() -> None:
    assert compile_rules({}) is None
    assert compile_rules(rules("DENY", a=MET), "shadow_rules") is None
    assert compile_rules({"shadow_rules": rules("DENY", a=MET)["rules"]}, "shadow_rules") is not None
