# Needs Python 3.11 or newer and make, nothing else: the first target builds .venv from the pins in constraints.txt.

PYTHON ?= python3
VENV ?= .venv
DATA ?= data/sample
OUT ?= reports
MONTH ?=
PYTEST_ARGS ?=

# A report is a process of its own: without bytecode each would compile all its libraries again.
unexport PYTHONDONTWRITEBYTECODE

BIN = $(VENV)/bin
STAMP = $(VENV)/.installed
CODE = src tests notebooks benchmarks docs hatch_build.py
# What needs no month of reports, by the names of the tests' files.
QUICK = layers public_names contributing intake intake_limits settings exports_formats exports_guess pseudonyms agenda \
  writing signals trends congruence instruments norms supports selfcare levels activation flags new_flag \
  new_questionnaire evidence answers columns schemas prompts chance own_axes

.PHONY: help report open lab test quick check docs format-check lint types format pins clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(STAMP) ## one report per supervisee; DATA=data/sample OUT=reports MONTH=2026-05 (default: the last full month)
	@$(BIN)/caseload report "$(DATA)" $(if $(MONTH),--month $(MONTH)) --out "$(OUT)"

open: $(STAMP) ## the same by buttons, in your browser
	@$(BIN)/caseload open

lab: $(STAMP) ## the notebooks for research, and the buttons, in JupyterLab
	@$(BIN)/caseload lab

test: $(STAMP) ## run the tests; PYTEST_ARGS="-k balance" picks some
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

quick: $(STAMP) ## the inner loop, in about a minute: no browser, no notebook, no process for each report
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow and not browser" $(QUICK:%=tests/test_%.py) $(PYTEST_ARGS)

check: format-check lint types test ## all that CI runs: format, lint, types, and tests, which run every notebook and build the site

format-check: $(STAMP)
	$(BIN)/ruff format --check $(CODE)

lint: $(STAMP)
	$(BIN)/ruff check $(CODE)

types: $(STAMP)
	$(BIN)/mypy

docs: $(STAMP) ## build the documentation site into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --site-dir site && echo "Open site/index.html"

format: $(STAMP) ## lay out the code and mend what the linter can mend
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

pins: $(STAMP) ## raise every pin in constraints.txt to the newest version that pyproject.toml allows
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-emit-package caseload-balance --no-config --quiet \
	  --custom-compile-command "make pins" --output-file constraints.txt

clean: ## remove the environment and all caches; reports stay
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find $(CODE) \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# Pins first, hashes checked; then the project itself, built by the pinned hatchling, so that nothing unpinned runs.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'pass' 2>/dev/null || { echo "There is no '$(PYTHON)' here. caseload needs Python 3.11 or newer: install it, or name it, as in: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "'$(PYTHON)' is $$($(PYTHON) -V 2>&1). caseload needs Python 3.11 or newer: name one, as in: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual environments: its venv module is missing. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing into $(VENV) (first time: about a minute on a slow line)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r constraints.txt
	@$(BIN)/uv pip uninstall --quiet --python $(BIN)/python caseload 2>/dev/null || true  # its name before caseload-balance
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
