"""Examples of the documentation are the program's own output: README's first screen, docs/it-does-not-arrive.md.

``PYTHONPATH=. python -m tests.unit.test_examples`` writes them anew.
"""

from __future__ import annotations

import os
import pathlib
import re
import shlex

import pytest

from tests import cli
from tests.corpus import ROOT

SYMPTOMS = ROOT / "docs" / "it-does-not-arrive.md"
_BLOCK = re.compile(r"```console\n\$ (meshctl [^\n]*)\n(.*?)```", re.S)


def printed(command: str, *more: str) -> str:
    """What a command prints at the root of the repository, without blanks at the ends of lines."""
    before = pathlib.Path.cwd()
    os.chdir(ROOT)
    try:
        words = shlex.split(command)[1:]
        at = words.index("--") if "--" in words else len(words)
        outcome = cli.run(*words[:at], *more, *words[at:])
    finally:
        os.chdir(before)
    return "".join(f"{line.rstrip()}\n" for line in (outcome.out + outcome.err).splitlines())


EXAMPLES = _BLOCK.findall(SYMPTOMS.read_text())


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_a_symptom_prints_what_the_document_shows(command: str, output: str):
    assert printed(command) == output


def test_every_symptom_has_its_example():
    text = SYMPTOMS.read_text()
    for flag in ("NC", "NR", "UH", "403", "FI", "426", "DPE", "UF"):
        assert any(flag in output for _, output in EXAMPLES), flag
    assert len(EXAMPLES) >= 10
    assert "browser" in text and "UC" in text


def test_the_first_screen_of_the_readme_is_the_programs_own():
    shown = re.search(r"```\n\$ (meshctl [^\n]*)\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert shown is not None
    assert printed(shown[1]) == shown[2]


def test_the_five_commands_of_the_readme_run_without_a_cluster():
    section = (ROOT / "README.md").read_text().partition("## Five commands")[2]
    commands = [line for line in section.partition("```\n")[2].partition("```")[0].splitlines() if line]
    assert len(commands) == 5
    for command in commands:
        printed_text = printed(command.partition(" | ")[0])
        assert "Error" not in printed_text and printed_text


def test_the_glossary_has_twenty_words():
    rows = [
        line for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| ")
    ]
    assert len(rows) == 21  # with the header


CI = (ROOT / "docs" / "ci.md").read_text()


def test_the_gate_of_the_ci_page_runs_as_typed():
    commands = re.search(r"```sh\n(.*?)```", CI, re.S)
    assert commands is not None
    for command in commands[1].splitlines():
        said = printed(command.partition(" > ")[0])
        assert not re.search("^(FAILED|ERROR|Error)", said, re.M)
    assert printed(commands[1].splitlines()[0]).endswith("3 passed\n")


def test_the_jobs_of_the_ci_page_are_yaml_and_run_the_same_command():
    import yaml

    jobs = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", CI, re.S)]
    steps = [step.get("run", "") for step in jobs[0]["jobs"]["mesh"]["steps"]]
    gate = next(step for step in steps if "--requests" in step)
    assert gate in jobs[1]["mesh"]["script"]
    assert gate.removeprefix(".venv/bin/") in CI.partition("## GitHub")[0]


def _fill(match: re.Match[str]) -> str:
    return f"```console\n$ {match[1]}\n{printed(match[1])}```"


if __name__ == "__main__":
    SYMPTOMS.write_text(
        re.sub(r"```console\n\$ (meshctl [^\n]*)\n(.*?)```", _fill, SYMPTOMS.read_text(), flags=re.S)
    )
