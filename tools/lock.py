"""Write constraints/run.txt and constraints/dev.txt, exact versions with the hashes of all their files, and the bill of materials.

The ranges stay in pyproject.toml; what they resolve to today is locked. ``sbom.cdx.json`` (CycloneDX) lists what ``run.txt`` names.
Both tools that do the work, uv and cyclonedx-bom, go to an environment of their own.

    python tools/lock.py            write (asks the package index)
    python tools/lock.py --check    exit 1 where a requirement of pyproject.toml is not met by the locks (offline)
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOCKS = {"run": (), "dev": ("dev", "fleet", "spark")}
SBOM = ROOT / "sbom.cdx.json"
# What builds the editable installation: it is locked, too.
_BUILD = "hatchling>=1.24\neditables>=0.5\n"
_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def lock_path(name: str) -> pathlib.Path:
    return ROOT / "constraints" / f"{name}.txt"


def locked(name: str) -> dict[str, str]:
    """The versions of a lock by their normalised names."""
    found = _ENTRY.findall(lock_path(name).read_text("utf-8"))
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in found}


def unmet() -> list[str]:
    """Requirements of pyproject.toml that a lock lacks or meets with a version outside of the range; entries without a hash."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    problems = []
    for name, wanted in LOCKS.items():
        have = locked(name)
        for text in [*project["dependencies"], *(line for extra in wanted for line in extras[extra])]:
            requirement = Requirement(text)
            version = have.get(re.sub(r"[-_.]+", "-", requirement.name).lower())
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                problems.append(
                    f"constraints/{name}.txt has {requirement.name} {version}, pyproject.toml wants {text}"
                )
        entries = re.split(r"\n(?=\S)", lock_path(name).read_text("utf-8").strip())
        problems += [f"{entry.split()[0]} has no hash" for entry in entries if "--hash=sha256:" not in entry]
    components = {
        c["name"].lower().replace("_", "-"): c["version"] for c in json.loads(SBOM.read_text())["components"]
    }
    if components != locked("run"):
        problems.append("sbom.cdx.json does not list what constraints/run.txt has")
    return problems


def write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tools = pathlib.Path(folder) / "tools"
        venv.create(tools, with_pip=True)
        pip = [tools / "bin" / "python", "-m", "pip", "install", "--quiet", "uv>=0.5", "cyclonedx-bom>=7,<8"]
        subprocess.run(pip, check=True)
        build = pathlib.Path(folder) / "build.in"
        build.write_text(_BUILD)
        for name, extras in LOCKS.items():
            lock_path(name).parent.mkdir(exist_ok=True)
            words = [
                "--quiet",
                "--universal",
                "--python-version",
                "3.11",
                "--generate-hashes",
                "--no-annotate",
            ]
            words += ["--no-header", "--upgrade", *(word for extra in extras for word in ("--extra", extra))]
            output = ["-o", str(lock_path(name))]
            command = [tools / "bin" / "uv", "pip", "compile", *words, "pyproject.toml", str(build), *output]
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        made = pathlib.Path(folder) / "sbom.json"
        command = [
            tools / "bin" / "cyclonedx-py",
            "requirements",
            str(lock_path("run")),
            "--pyproject",
            "pyproject.toml",
        ]
        subprocess.run(
            [*command, "--output-reproducible", "-o", str(made)],
            check=True,
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        SBOM.write_text(json.dumps(_short(json.loads(made.read_text("utf-8"))), indent=1) + "\n", "utf-8")


def _short(document: dict[str, Any]) -> dict[str, Any]:
    """Without what the lock says already (every file's hash), and without the addresses of an index."""
    kept = ("name", "purl", "type", "version")
    components = [{"bom-ref": c["purl"], **{key: c[key] for key in kept}} for c in document["components"]]
    document["dependencies"] = []
    root = document.get("metadata", {}).get("component", {})
    root.pop("externalReferences", None)
    document.get("metadata", {}).pop("tools", None)
    return {**document, "components": components}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        write()
    problems = unmet()
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("run `make lock`", file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
