"""The interfaces of a listing without -v, where it is Istio's own rule set that was listed.

``iptables -t nat -L -n`` is what people paste most, and it hides interfaces. Istio's rules ask for one (lo) only in
ISTIO_OUTPUT, in rules of a known form (istio tools/istio-iptables/pkg/capture/run.go). Where every rule of the
table has such a form, their interfaces are taken from there, and said to be assumed; one foreign rule, or a table
without ISTIO_OUTPUT, and none is: then each rule keeps its own unknown.
"""

from __future__ import annotations

from meshctl.netfilter.model import Action, Chain, Criterion, Field, Rule, Table, Unknown
from meshctl.netfilter.read.iptables_rule import parse_rule
from meshctl.values import replace

HIDDEN = "the interfaces of"
_NEEDED = frozenset({"PREROUTING", "OUTPUT", "ISTIO_OUTPUT", "ISTIO_REDIRECT", "ISTIO_IN_REDIRECT"})
_PLAIN = frozenset({"ISTIO_INBOUND", "ISTIO_REDIRECT", "ISTIO_IN_REDIRECT"})
_ENTRIES = {"PREROUTING": "ISTIO_INBOUND", "OUTPUT": "ISTIO_OUTPUT"}


def with_interfaces(table: Table) -> Table | None:
    """The table with Istio's interfaces; None where it is not Istio's own."""
    if table.name != "nat" or not {chain.name for chain in table.chains} >= _NEEDED:
        return None
    chains = [_chain(chain) for chain in table.chains]
    if any(chain is None for chain in chains):
        return None
    return replace(table, chains=tuple(chain for chain in chains if chain is not None))


def _chain(chain: Chain) -> Chain | None:
    rules = []
    for rule in chain.rules:
        interface = _interface(chain.name, rule)
        if interface is None:
            return None
        asked = parse_rule(["-o", interface], text="", line=0).steps[:1] if interface else ()
        rules.append(replace(rule, steps=(*asked, *(s for s in rule.steps if not is_hidden_interface(s)))))
    return replace(chain, rules=tuple(rules))


def is_hidden_interface(step: object) -> bool:
    """Whether a step stands for the interfaces that the listing does not show."""
    return isinstance(step, Unknown) and step.text.startswith(HIDDEN)


def _interface(chain: str, rule: Rule) -> str | None:
    """The output interface that Istio's rule of this form asks for, "" for none; None for no rule of Istio's."""
    if chain in _ENTRIES:
        return "" if rule.target == _ENTRIES[chain] else None
    if chain in _PLAIN:
        return ""
    if chain != "ISTIO_OUTPUT":
        return None
    if any(isinstance(step, Unknown) and not is_hidden_interface(step) for step in rule.steps):
        return None
    if rule.target == "ISTIO_IN_REDIRECT":
        return "lo"
    asked = [step for step in rule.steps if isinstance(step, Criterion)]
    if rule.target == "RETURN":
        from_passthrough = any(c.field is Field.SRC and "127.0.0.6" in c.text for c in asked)
        not_the_proxy = any(c.field in (Field.UID, Field.GID) and c.negate for c in asked)
        return "lo" if from_passthrough or not_the_proxy else ""
    return "" if rule.target in ("ISTIO_REDIRECT", "REDIRECT") and _is_redirect(rule) else None


def _is_redirect(rule: Rule) -> bool:
    return any(isinstance(step, Action) for step in rule.steps)
