# Every chore of the project in one word; `make help` lists them. Nothing needs to be installed by hand
# but python 3.11 or newer (with its venv module) and make.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
TESTS ?= tests
# a worker that is done takes tests from one that is held up by a long one
PYTEST_FLAGS ?= -n 2 --dist worksteal

MUTATE ?=

audit_packages := 'pip-audit>=2.7,<3'

.PHONY: help install dev demo test lint lock audit bench mutate fuzz lab fixtures schema docs clean

help: ## list the chores
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "meshctl needs python 3.11 or newer; none is on PATH" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "the venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints/run.txt
	@tools/install.sh $(VENV) constraints/run.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.installed constraints/dev.txt
	@tools/install.sh $(VENV) constraints/dev.txt
	@touch $@

install: $(VENV)/.installed ## make .venv with .venv/bin/meshctl
	@echo "meshctl is installed. Next: $(BIN)/meshctl trace test-pod http://nginx.test/ --dir examples/story"

dev: $(VENV)/.dev ## the same with everything that tests and checks need

demo: $(VENV)/.installed ## run the story on the bundled dumps: command and output of each step
	@MESHCTL=$(BIN)/meshctl bash tools/demo.sh

test: dev ## run all tests (those that need root or recordings skip with a reason where they are absent)
	$(BIN)/python -m pytest $(PYTEST_FLAGS) $(TESTS)

lint: dev ## ruff, mypy --strict, and the rules of which module may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/lock.py --check

lock: dev ## resolve pyproject.toml's ranges anew: constraints/*.txt with hashes, and the bill of materials
	$(BIN)/python tools/lock.py

audit: install ## known holes in what is installed (asks an index of advisories, so it needs one that can be reached)
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check $(audit_packages)
	$(VENV)-audit/bin/pip-audit --progress-spinner off --skip-editable --path "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')"

bench: dev ## measure speed and memory against python's json in the same run
	$(BIN)/python -m bench

mutate: dev ## change the code in one place at a time: does a test notice? (MUTATE="meshctl/match -n 300")
	$(BIN)/python -m tests.mutation $(MUTATE)

fuzz: dev ## random meshes, requests, rules and configurations against the real thing, until stopped
	$(BIN)/python -m tests.fuzz

lab: dev ## two pods with real Envoys and real iptables: the story, live (needs root); KEEP=1: stay, with three faults to find
	$(BIN)/python -m tests.lab $(if $(KEEP),faults,run)

fixtures: dev ## record tests/fixtures again from the lab (needs root)
	$(BIN)/python -m tests.lab record

schema: dev ## build the descriptor set of Envoy's API and the typed read models again
	$(BIN)/python tools/build_schema.py
	PYTHONPATH=. $(BIN)/python tools/build_api.py

docs: dev ## write the parts of docs/ that follow from the code, and the JSON Schemas of the documents
	PYTHONPATH=. $(BIN)/python tools/build_docs.py
	PYTHONPATH=. $(BIN)/python tools/build_schemas.py
	PYTHONPATH=. $(BIN)/python tools/build_man.py

clean: ## remove what was built
	rm -rf $(VENV) $(VENV)-audit dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
