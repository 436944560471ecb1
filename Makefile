# A bare machine needs Python 3.11+ with venv, and make. Everything else is installed into .venv,
# at the exact versions and hashes of requirements/dev.lock.
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/dev.lock
# Read as data by tests/adversaries, never run: installed without its dependencies.
ATTACKS_LOCK := requirements/attacks.lock
READY := $(VENV)/.ready
# `make INSTALLER=pip ...` where no uv wheel exists for the platform: slower, same result.
INSTALLER ?= uv
# Programs that pip cannot install, and the tests need.
TOOLS ?= curl

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: setup
setup: $(READY) ## Install everything into .venv
	@echo "ready: $(BIN)/healer --help"

# The stamp comes last, so an interrupted install starts over; nothing is fetched while it is newer.
$(READY): pyproject.toml $(LOCK) $(ATTACKS_LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "needs Python 3.11 or newer: make PYTHON=/path/to/python3 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo "needs the venv module (Debian: apt-get install python3-venv)" >&2; exit 2; }
	@echo "1/3 creating $(VENV) with $(PYTHON) (first time: about half a minute in all)"
	@test -x $(BIN)/python -a -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo "2/3 installing the pinned packages of $(LOCK)"
	@if [ "$(INSTALLER)" = uv ]; then \
	  sed -n '/^uv==/,/^    # via/p' $(LOCK) > $(VENV)/uv.txt; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt; \
	  $(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes $(LOCK); \
	  $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r $(ATTACKS_LOCK); \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(LOCK); \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(ATTACKS_LOCK); \
	fi
	@echo "3/3 installing battle-healer itself"
	@if [ "$(INSTALLER)" = uv ]; then \
	  $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

.PHONY: demo
demo: $(READY) ## See calls survive: every scenario, live
	@$(BIN)/healer demo

.PHONY: check
check: $(READY) ## Format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: tools
tools: ## Have the programs that tests need beside Python, installed where that is possible
	@requirements/tools $(TOOLS)

.PHONY: test
test: tools check ## All checks, then all tests
	$(BIN)/python -m pytest

.PHONY: soak
soak: $(READY) ## The long forms of the tests, thousands of random failures
	HEALER_SOAK=1 $(BIN)/python -m pytest -m soak

.PHONY: test-live
test-live: ## Ask the real Gemini API what the tests ask its double
	@test -n "$${GEMINI_API_KEY:-}" || { \
	  echo "needs a key of the Gemini API, and asks about ten questions (under 0.01 dollars):" >&2; \
	  echo "  GEMINI_API_KEY=... make test-live" >&2; \
	  echo "without one \`make test\` asks a double the same: nothing was tested now" >&2; exit 2; }
	@$(MAKE) --no-print-directory setup
	HEALER_TEST_GEMINI=live $(BIN)/python -m pytest tests/agent/planners/gemini/test_conversation.py

.PHONY: docs
docs: $(READY) ## Write the pages that come from tables
	$(BIN)/python -m docs.pages

# ONLY=mix measures one part and leaves the other sections of RESULTS.md as they are.
.PHONY: bench
bench: $(READY) ## Measure all that RESULTS.md claims (ONLY=mix: one part)
	$(BIN)/python -m benchmarks $(ONLY)

# Peers have places of their own, so that no pin of theirs reaches .venv.
BENCH_VENV := .venv-bench
BENCH_LOCK := requirements/bench.lock
.PHONY: bench-tools
bench-tools: $(READY) ## Install the peers that `make bench` measures beside us
	@test -x $(BENCH_VENV)/bin/python || $(PYTHON) -m venv --clear $(BENCH_VENV)
	@if [ "$(INSTALLER)" = uv ]; then \
	  $(BIN)/uv pip sync -q --python $(BENCH_VENV)/bin/python --require-hashes $(BENCH_LOCK); \
	else \
	  $(BENCH_VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(BENCH_LOCK); \
	fi
	@command -v npm >/dev/null || { echo "other mocks need npm (Debian: apt-get install npm)" >&2; exit 2; }
	@cd benchmarks && npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@command -v java >/dev/null || echo "WireMock needs Java (Debian: apt-get install default-jre-headless)" >&2
	@echo "ready: make bench"

.PHONY: clients
clients: $(READY) ## What common HTTP clients do under chaos; PROGRAM='...' judges one of yours
	@$(BIN)/python -m benchmarks.clients $(if $(PROGRAM),--program "$$PROGRAM")

.PHONY: format
format: $(READY) ## Rewrite files in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Extra indexes and local wheel folders would narrow the lock to the files that they hold.
COMPILE = env -u UV_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS $(BIN)/uv pip compile -q --universal \
  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --no-emit-package battle-healer --custom-compile-command "make lock"
COMPILE_DEV = $(COMPILE) pyproject.toml --all-extras --group dev -o $(LOCK)
# The peers stand on the same versions of what they share with us.
COMPILE_BENCH = $(COMPILE) pyproject.toml requirements/bench.in -c $(LOCK) -o $(BENCH_LOCK)
COMPILE_ATTACKS = $(COMPILE) requirements/attacks.in --no-deps -o $(ATTACKS_LOCK)

.PHONY: lock upgrade clean
lock: $(READY) ## Bring the locks in step with pyproject.toml, changing as little as possible
	$(COMPILE_DEV)
	$(COMPILE_BENCH)
	$(COMPILE_ATTACKS)
upgrade: $(READY) ## Newest versions that pyproject.toml and *.in allow
	$(COMPILE_DEV) --upgrade
	$(COMPILE_BENCH) --upgrade
	$(COMPILE_ATTACKS) --upgrade
clean: ## Remove what make installed
	rm -rf $(VENV) $(BENCH_VENV) benchmarks/node_modules
