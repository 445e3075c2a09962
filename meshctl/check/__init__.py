"""What is wrong with a proxy or a mesh: each check a row of one table, each finding proved from what was given.

Theory of operation. A check is a function from a ``Subject`` (one pod: its Envoy, its rules, the objects beside it)
to hits, and a row of ``table``: its code, what it means, what to do, and what it must have seen (``Need``). A check
whose need is not met says so (``Open``): it is never silently clean. Checks over several pods collect a small fact of
each pod and judge the facts at the end, so that a thousand pods are read one after the other. ``findings`` is one
pod; ``Survey`` is a mesh.
"""

from meshctl.check.finding import Finding, Open, Severity
from meshctl.check.run import Report, Survey, findings
from meshctl.check.subject import Subject, World

__all__ = ["Finding", "Open", "Report", "Severity", "Subject", "Survey", "World", "findings"]
