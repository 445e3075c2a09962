"""What a check says: a finding, or what it would have to see to say anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from meshctl.netfilter.lint import ORDER, Severity
from meshctl.values import Struct, replace

__all__ = ["Finding", "Hit", "Open", "Severity", "ignored", "merged", "worst_first"]


class Hit(Struct, frozen=True):
    """What a check function found: the object, one sentence, where it stands.

    fix and severity are those of the check's row unless this hit knows better; pods: of a check over several.
    """

    object: str
    message: str
    evidence: tuple[str, ...] = ()
    fix: str = ""
    severity: Severity | None = None
    pods: tuple[str, ...] = ()


class Finding(Struct, frozen=True):
    """One finding. ``code`` names the check and stays the same between releases; pods: where it was found."""

    code: str
    severity: Severity
    object: str
    message: str
    evidence: tuple[str, ...] = ()
    fix: str = ""
    pods: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """The page that explains it."""
        return f"docs/checks/{self.code}.md"

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two findings the same, in a baseline and over pods."""
        return self.code, self.object, self.message


class Open(Struct, frozen=True):
    """A check that could not decide: what it needs, and the command that gets it."""

    code: str
    needs: str
    remedy: str = ""
    pods: tuple[str, ...] = ()


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Sorted by severity, then by code and object."""
    return sorted(found, key=lambda one: (ORDER[one.severity], one.code, one.object, one.message))


def merged(found: Iterable[Finding]) -> list[Finding]:
    """The same finding of several pods as one that names them all."""
    together: dict[tuple[str, str, str], Finding] = {}
    for one in found:
        known = together.get(one.key)
        if known is None:
            together[one.key] = one
        else:
            pods = tuple(dict.fromkeys(known.pods + one.pods))
            together[one.key] = replace(known, pods=pods)
    return list(together.values())


def ignored(finding: Finding, patterns: Sequence[str]) -> bool:
    """Whether ``CODE`` or ``CODE:OBJECT`` (with * and ?) of some pattern names it; an object may also be a pod's name."""
    for pattern in patterns:
        code, colon, wanted = pattern.partition(":")
        if not fnmatchcase(finding.code, code.strip()):
            continue
        named = (finding.object, *finding.pods)
        if not colon or any(fnmatchcase(name, wanted.strip()) for name in named):
            return True
    return False
