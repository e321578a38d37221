# Everything runs in .venv, which is made from the machine's python3 and the versions in requirements*.lock.
# Needs: make, and Python 3.11 or newer with venv. Another Python: make PYTHON=python3.12 demo

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
# Tests wait as often as they work: twice as many as CI has cores.
WORKERS ?= 4
CATALOGUES := $(shell find publisher/locale -name '*.po' 2>/dev/null)

.PHONY: help install demo test torture fuzz check bench goldens format readme lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     the whole thing on the built-in sandbox, in under 90 seconds"
	@echo "make install  only the installation, into .venv"
	@echo "make test     every check and test that CI runs"
	@echo "make torture  a real daemon killed 130 times while the networks fail, 1000 posts, both policies, two seeds: about half an hour on two free cores"
	@echo "make fuzz     100,000 broken announcements that nobody has seen before: some 10 minutes of one processor"
	@echo "make check    only the checks: style, types, who may import whom"
	@echo "make bench    how fast and how large, beside the floor of this machine"
	@echo "make goldens  write the mails that tests compare anew, and pictures of them into var/goldens"
	@echo "make format   put the code into shape"
	@echo "make readme   write the README's table of networks anew, from the channels' data sheets"
	@echo "make lock     pin the newest versions that fit pyproject.toml"
	@echo "make clean    remove .venv and what the tools left behind"

install: $(VENV)/installed

demo: $(VENV)/installed
	@$(BIN)/tiedote demo

test: check
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal -m 'not alone'
	@$(BIN)/pytest -m alone

torture: $(VENV)/installed-dev
	@$(BIN)/python -m tests.torture

fuzz: $(VENV)/installed-dev
	@FUZZ_INPUTS=$${FUZZ_INPUTS:-100000} $(BIN)/pytest -q -n 0 tests/corpus/test_fuzz.py

check: $(VENV)/installed-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not in shape; run: make format"; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(VENV)/lint-imports.txt || { cat $(VENV)/lint-imports.txt; exit 1; }

bench: $(VENV)/installed
	@$(BIN)/python -m benchmarks

goldens: $(VENV)/installed-dev
	@$(BIN)/python -m tests.golden

format: $(VENV)/installed-dev
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

readme: $(VENV)/installed
	@$(BIN)/python tools/readme_networks.py

# A virtual environment without pip (Debian without python3-venv leaves one behind) or with a Python that is gone is made anew.
$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tiedote needs Python 3.11 or newer. If it has another name here: make PYTHON=python3.12 demo"; exit 1; }
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/python requirements.lock pyproject.toml hatch_build.py $(CATALOGUES)
	@echo "Installing Tiedote into $(VENV) ..."
	@$(INSTALL) --no-deps -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q publisher channels  # a service that may not write here would compile at every start
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@echo "Installing the tools of development into $(VENV) ..."
	@$(INSTALL) --no-deps -r requirements-dev.lock
	@touch $@

# What a fresh environment gets today. requirements.lock: what Tiedote runs on, and what builds it. requirements-dev.lock: all of that,
# PostgreSQL and the tools.
lock:
	@rm -rf $(VENV).lock
	@$(PYTHON) -m venv $(VENV).lock
	@$(VENV).lock/bin/python -m pip install --quiet --upgrade pip
	@$(VENV).lock/bin/python -m pip install --quiet hatchling --editable .
	@$(VENV).lock/bin/python -m pip freeze --exclude-editable | LC_ALL=C sort -f > requirements.lock
	@$(VENV).lock/bin/python -m pip install --quiet --group dev --editable '.[postgresql]'
	@$(VENV).lock/bin/python -m pip freeze --exclude-editable | LC_ALL=C sort -f > requirements-dev.lock
	@rm -rf $(VENV).lock

clean:
	@rm -rf $(VENV) $(VENV).lock dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
