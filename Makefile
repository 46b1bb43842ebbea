# `make run` on a fresh machine: an environment, dlrun, and the main job on the data that comes with it.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
WORDS  ?= model=cnn optimizer=adam

.PHONY: run install test check reference docs test-slow test-faults test-engines test-gpu benchmark benchmark-speed benchmark-peers benchmark-gpu books-gpu audit lock dist clean

run: $(STAMP)
	$(BIN)/dlrun $(WORDS)

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c constraints.txt torch
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $(STAMP)

# ROOM=config runs the tests of one room.
test: check
	$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not slow and not engines and not benchmark and not faults' $(if $(ROOM),tests/$(ROOM))

reference: $(STAMP)
	$(BIN)/python -m dlrun.cli.reference .

# site/index.html, to be read from a file or any server.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow -s

# Goes on where an earlier one was interrupted, and writes what it has counted into docs/damaged-files.md.
FAULTS ?= .faults
test-faults: $(STAMP)
	DLRUN_FAULTS_FROM=$(FAULTS) $(BIN)/python -m pytest -m faults -n 2 --dist worksteal --timeout 10800 --durations=40
	rm -rf $(FAULTS)
	$(BIN)/python -m tests.helpers.fault_figures

test-engines: $(STAMP)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev,engines]'
	$(BIN)/python -m pytest -m engines -s

# Where no GPU is they are skipped; test ones run the same functions on the CPU.
test-gpu: $(STAMP)
	$(BIN)/python -m pytest -m gpu -ra

# In under six minutes; figures go to gpu.json.
benchmark-gpu: $(STAMP)
	$(BIN)/python benchmarks/gpu.py --write gpu.json

# What the books' comparisons still have open, what decides most in an hour first; MINUTES=0: the list alone.
MINUTES ?= 600
books-gpu: $(STAMP)
	$(BIN)/python benchmarks/book_queue.py --gpu --minutes $(MINUTES) device=cuda pack=auto

benchmark: $(STAMP)
	for what in loop compiled packs families recurrent layout memory sweeps planning busy start; do $(BIN)/python benchmarks/$$what.py || exit 1; done

# About ten minutes on two idle cores; writes its figures into docs/speed.json and docs/speed.md.
benchmark-speed: $(STAMP)
	$(BIN)/python -m benchmarks.speed

# Steps beside those of Lightning, skorch and Keras, which it installs.
benchmark-peers: $(STAMP)
	$(BIN)/python -m pip install -q lightning skorch keras jax
	$(BIN)/python benchmarks/peers.py

audit: $(STAMP)
	$(BIN)/python -m pip install -q -e '.[audit]'
	$(BIN)/pip-audit --strict --no-deps --disable-pip -r constraints.txt

# constraints.txt anew, with what it pins already where the ranges of pyproject.toml allow it; LOCK=--upgrade: the newest of all.
lock: $(STAMP)
	$(BIN)/python -m pip install -q 'uv>=0.5'
	$(BIN)/python .ci/lock $(LOCK)

# Wheel and sdist, checked: the wheel in an environment of its own, run from another folder.
dist: $(STAMP)
	rm -rf dist
	$(BIN)/python -m pip install -q -c constraints.txt 'build>=1.2' 'twine>=6'
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -m twine check --strict dist/*
	bash .ci/wheel $(PYTHON)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build dist site
