PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-annotate --custom-compile-command 'make lock' -q

.PHONY: help run test check bench chaos soak mutants removals schemas lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

run: $(VENV)/.sandbox ## Run everything on this machine
	@$(BIN)/python -m sandbox run

test: $(VENV)/.dev ## Run the whole suite on a real Kafka
	@$(BIN)/pytest -n 2 --dist loadfile

chaos: $(VENV)/.dev ## Break everything at once, at length; writes docs/chaos.md
	@$(BIN)/python -m tests.chaos

soak: $(VENV)/.dev ## Half an hour at 200 messages a second
	@$(BIN)/python -m tests.chaos soak

mutants: $(VENV)/.dev ## Break each guard in a copy, and see that a test notices
	@$(BIN)/python -m tests.mutants

removals: $(VENV)/.dev ## Take each mapping of a type away, and see that the test of its row fails
	@$(BIN)/python -m tests.coverage.removal

check: $(VENV)/.dev ## Lint, types, and the arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## Measure beside bare clients and plain Faust; writes docs/benchmarks
	@$(BIN)/python -m tests.bench

schemas: $(VENV)/.dev ## Write the JSON Schemas of the events
	$(BIN)/python -m ops.schemas

lock: ## Resolve the dependencies anew (needs uv)
	$(LOCK) pyproject.toml -o requirements/runtime.txt
	$(LOCK) pyproject.toml --extra sandbox -c requirements/runtime.txt -o requirements/sandbox.txt
	$(LOCK) pyproject.toml --extra sandbox --group dev -c requirements/sandbox.txt -o requirements/dev.txt

clean: ## Remove what was made here
	rm -rf $(VENV) .sandbox .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@[ "$$(uname -s)-$$(uname -m)" = Linux-x86_64 ] || \
	  echo "No ready-made Faust for $$(uname -s)-$$(uname -m): it is compiled, which needs a C compiler and Python's headers"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@# The checkout itself, without a build: its folder on the path, and the command.
	@$(BIN)/python -c 'import pathlib, sysconfig; \
	  pathlib.Path(sysconfig.get_path("purelib"), "edna_amocrm.pth").write_text(str(pathlib.Path.cwd()) + "\n")'
	@printf '#!/bin/sh\nexec "%s/$(BIN)/python" -m ops "$$@"\n' "$$PWD" >$(BIN)/edna-amocrm && chmod +x $(BIN)/edna-amocrm
	@touch $@

$(VENV)/.sandbox: requirements/sandbox.txt | $(VENV)/.python
	@echo "Installing what the lock names (the first time only)…"
	@$(PIP) install --progress-bar on --require-hashes -r requirements/sandbox.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/.python
	@echo "Installing what the lock names (the first time only)…" >&2
	@$(PIP) install -q --require-hashes -r requirements/dev.txt && touch $@ $(VENV)/.sandbox
