# SPDX-License-Identifier: MIT
# What may be typed here. Everything set up lands in .venv and .cache, and `make clean` removes both.

PY := .venv/bin/python
# Byte code is kept, but not in the tree: without it each process of a run compiles all tests anew.
CACHED := env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(CURDIR)/.cache/pyc
PYTEST := $(CACHED) $(PY) -m pytest
# Tests that are about the host tools; those that time the start of one or look at what it imports can't be measured.
HOST_TESTS := $(addprefix tests/unit/,card cli device flash link phone sim vault wire workshop test_scripting.py)
# The order of sets, so that a failure can be run again with it: tests/kit/replay.py prints how.
test soak hw: export PYTHONHASHSEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
# On two cores: most tests wait for an agent's timers and leave the processor to others.
JOBS ?= 3
BOARD ?= RPI_PICO

.DEFAULT_GOAL := help
.PHONY: help setup setup-emulators demo test coverage test-slow lint power mutants bench soak image image-check hw clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1	/p' Makefile

setup: ## install what is needed into .venv and .cache, or say what is missing
	@sh boards/setup/setup.sh

setup-emulators: ## the same, and what builds and runs the emulated boards
	@sh boards/setup/setup.sh qemu pico pcsc softhsm

demo: setup ## the whole story on a simulated car
	@.venv/bin/nightlatch sim demo

lint: setup ## ruff, then mypy over host tools and over firmware
	@$(PY) -B boards/setup/lint.py

test: setup-emulators lint ## lint, then every test but the long ones
	@rm -rf .cache/pyc$(or $(TMPDIR),/tmp)/pytest-of-* # of copies that the last run made
	@$(PYTEST) -n $(JOBS) --dist loadgroup

coverage: setup ## how much of the host tools their unit tests run: less than pyproject.toml's floor fails
	@rm -rf .cache/coverage && mkdir -p .cache/coverage
	@$(CACHED) $(PY) -m coverage run --source=$(CURDIR)/host_tools/nightlatch \
		-m pytest -n $(JOBS) --dist loadgroup -k "not test_help_" $(HOST_TESTS)
	@$(PY) -m coverage combine -q
	@$(PY) -m coverage report

test-slow: setup ## the twenty slowest tests, as each last ran
	@$(PY) -m tests.kit.durations

power: setup ## cut the power at every moment, torn in every way
	@$(PY) -m tests.power

mutants: setup ## faults put into the store, one by one: what no test notices
	@$(PY) -m tests.mutants

bench: setup ## print the figures and their targets, write bench.json
	@$(PY) -m tests.bench

soak: setup ## the long ones: a million cuts, mutants, and what is marked so
	@$(PYTEST) -m soak
	@$(PY) -m tests.power --soak
	@$(PY) -m tests.mutants

image: setup ## the image of a board, in build/: BOARD=RPI_PICO; DEBUG=1 keeps MicroPython's prompt
	@$(PY) -B boards/setup/image.py $(BOARD) $(if $(filter 1,$(DEBUG)),--debug)

image-check: setup ## the same image again, from a copy of this checkout elsewhere: the same bytes
	@$(PY) -B boards/setup/image.py $(BOARD) --check

hw: setup ## a real unit, marked for tests: DEVICE=SERIAL VAULT=FILE PASSPHRASE=FILE, HUB=uhubctl's HUB:PORT, PORT=URL
	@$(PYTEST) tests/hw --device '$(DEVICE)' --vault '$(VAULT)' --passphrase-file '$(PASSPHRASE)' \
		$(if $(HUB),--uhubctl '$(HUB)') $(if $(PORT),--port '$(PORT)')

clean: ## remove all that set-up and the tests made
	rm -rf .venv .cache build bench.json .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
