"""Any flag anywhere, in any of pflag's spellings, reaches typer in the form that it parses."""

from __future__ import annotations

import pytest
import typer

from meshctl.commands.argv import normalise
from meshctl.commands.root import app

ROOT = typer.main.get_command(app)

CASES = [
    # as typed, as typer gets it
    ("version", "version"),
    ("-n test version", "-n test version"),
    ("version -n test", "-n test version"),
    ("version pod --namespace=test", "--namespace test version pod"),
    ("version pod -ntest -ojson", "-n test version pod -o json"),
    ("version -o=json pod", "version -o json pod"),
    ("version --output=json", "version --output json"),
    ("-o json version", "version -o json"),
    ("version -f - pod", "version -f - pod"),
    ("version -- -n test", "version -- -n test"),
    ("version --unknown x", "version --unknown x"),
    ("--context c version --as-group a --as-group=b", "--context c --as-group a --as-group b version"),
    ("snapshot pod -o x.tar.gz", "snapshot take pod -o x.tar.gz"),
    ("snapshot -A -n test --force", "-n test snapshot take -A --force"),
    ("snapshot show x.tar.gz --verify", "snapshot show x.tar.gz --verify"),
    ("snapshot --resume=true pod", "snapshot take --resume pod"),
    ("snapshot --resume=false pod", "snapshot take pod"),
    ("snapshot", "snapshot"),
    ("snapshot --help", "snapshot --help"),
    ("version --kubeconfig", "--kubeconfig"),  # its value is missing, and is not the command's name
    ("-n test version pod --context", "-n test --context"),
]


@pytest.mark.parametrize(("typed", "expected"), CASES, ids=[typed for typed, _ in CASES])
def test_command_lines(typed: str, expected: str) -> None:
    assert " ".join(normalise(typed.split(), ROOT)) == expected  # type: ignore[arg-type]
