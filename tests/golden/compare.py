"""Running one recorded invocation through our command line, and telling how the outcome differs."""

from __future__ import annotations

import difflib
import hashlib
import io
import sys
from dataclasses import dataclass

from meshctl import cli
from tests.golden.cases import Case


@dataclass(frozen=True)
class Result:
    """What our command line did."""

    rc: int
    stdout: bytes
    stderr: bytes


def run(case: Case, monkeypatch) -> Result:
    """The invocation in this process, with the clock of the recording and no kubeconfig."""
    out, err = io.BytesIO(), io.BytesIO()
    stdin = io.BytesIO(case.stdin.read_bytes() if case.stdin else b"")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8", newline="", write_through=True))
        patch.setattr(sys, "stderr", io.TextIOWrapper(err, "utf-8", newline="", write_through=True))
        patch.setattr(sys, "stdin", io.TextIOWrapper(stdin, "utf-8", newline=""))
        patch.setenv("MESHCTL_NOW", case.recorded_at)
        patch.setenv("KUBECONFIG", "/nonexistent-kubeconfig")
        patch.setenv("HOME", "/nonexistent-home")
        rc = cli.main(list(case.argv))
        sys.stdout.flush()
        sys.stderr.flush()
        return Result(rc, out.getvalue(), err.getvalue())


def expected_rc(case: Case) -> int:
    """Our exit code for istioctl's: its 64 (a flag cannot be parsed) is our 2; see docs/exit-codes.md."""
    return 2 if case.rc == 64 else case.rc


def same_output(case: Case, stdout: bytes) -> bool:
    if case.stdout is None:
        return hashlib.sha256(stdout).hexdigest() == case.stdout_sha256
    if not case.stable:
        return sorted(stdout.splitlines()) == sorted(case.stdout.splitlines())
    return stdout == case.stdout


def difference(case: Case, result: Result) -> str:
    """What differs, as a person reads it; "" when nothing does."""
    problems = []
    if result.rc != expected_rc(case):
        problems.append(f"exit code {result.rc}, istioctl's is {case.rc}")
        problems.append("stderr: " + result.stderr.decode("utf-8", "replace")[:300])
    if not same_output(case, result.stdout):
        if case.stdout is None:
            problems.append(f"{len(result.stdout)} bytes with another digest")
        else:
            problems.append(_diff(case.stdout, result.stdout))
    return "\n".join(problems)


def _diff(expected: bytes, found: bytes) -> str:
    a = expected.decode("utf-8", "backslashreplace").splitlines()
    b = found.decode("utf-8", "backslashreplace").splitlines()
    if len(a) + len(b) > 20_000:
        pairs = [(x, y) for x, y in zip(a, b, strict=False) if x != y][:3]
        return f"{len(a)} and {len(b)} lines; first differences: {pairs}"
    return "\n".join(list(difflib.unified_diff(a, b, "istioctl", "meshctl", lineterm="", n=1))[:14])


def exception_for(case: Case, result: Result) -> str | None:
    """The name of the deliberate difference that explains this one, if there is one."""
    from tests.golden.exceptions import EXCEPTIONS

    return next((e.name for e in EXCEPTIONS if e.explains(case, result)), None)
