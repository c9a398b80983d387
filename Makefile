# `make` explains the targets. Needs Python 3.11 or newer, git and make; uses uv where there is one.
.DEFAULT_GOAL := help
.PHONY: help install demo run test faults lint bench eval reference lock clean

PYTHON ?= python3
UV ?= $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILE = sed -n 's/^requires = \["\(.*\)"\]$$/\1/p' pyproject.toml | $(UV) pip compile pyproject.toml - --quiet --universal \
  --no-strip-extras --generate-hashes --no-header --no-annotate --no-emit-index-url

help:  ## Explain each target (the default)
	@sed -n 's/^\([a-z]*\):.*## \(.*\)$$/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
	  printf '%-14s %s\n' "$$target" "$$text"; done

install: $(INSTALLED)  ## Make .venv with everything in requirements.lock, and the askfirst command in it

demo: $(INSTALLED)  ## Scan a sample repository against a stand-in for GitHub and stay up (REPO=/path: a copy of yours)
	@$(BIN)/python -m tests.demo $(if $(REPO),'$(REPO)')

run: $(INSTALLED)  ## Start the server with everything it needs; settings come from the environment and from .env
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; exec $(BIN)/askfirst up

test: lint  ## Check layers, style and types, then run all tests (T=tests/test_config.py: only those)
	$(BIN)/python -m pytest -n auto $(T)

faults: $(INSTALLED)  ## Play the whole fault matrix on both databases (a minute or two)
	$(BIN)/python -m pytest -n auto -m '' tests/test_fault_matrix.py

lint: $(INSTALLED)  ## Check layers, style and types
	$(BIN)/lint-imports --no-logo
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)  ## Measure all and write docs/benchmarks.md (T="engine webhooks": only those, without the report)
	@$(BIN)/python -m tests.bench $(T)

eval: $(INSTALLED)  ## Measure the model of ASKFIRST_MODEL on ten small repositories (without one: check the harness)
	@$(BIN)/python -m tests.eval

reference: $(INSTALLED)  ## Write docs/reference anew, from the code
	$(BIN)/python -m docs.generate

# the build requirement of pyproject.toml is locked too, so that nothing is downloaded without a hash; what is only for
# working on Askfirst is left out of the second file, which begins with the versions of the first
lock:  ## Write the two locks after a change to pyproject.toml (needs uv; ARGS=--upgrade: newest versions)
	@[ -n "$(UV)" ] || { echo "make lock needs uv: install it, or name it with UV=/path/to/uv." >&2; exit 1; }
	$(COMPILE) --all-extras -o requirements.lock $(ARGS)
	cp requirements.lock requirements-run.lock
	$(COMPILE) --extra model --extra telemetry -o requirements-run.lock

clean:  ## Remove .venv and what the tools left behind; your data in var/ stays
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find api bot cli tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Askfirst needs Python 3.11 or newer, and \
	$(PYTHON) is not: name one with make install PYTHON=python3.12." >&2; exit 1; }
ifneq ($(UV),)
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --clear --python $(PYTHON) .venv
	$(UV) pip install --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --python $(BIN)/python --no-build-isolation --no-deps -e .
else
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install \
	python3-venv (Debian, Ubuntu: apt-get install python3-venv), or install uv." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --no-build-isolation --no-deps -e .
endif
	@touch $@
