# Everything a person or a machine calls. `make help` lists it.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help run test chaos format repro results data-sets bench lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	python3 -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	python3 -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV): some minutes, once"
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $(READY)

run: $(READY)  ## run the default project as a Prefect flow and print its metrics
	@$(BIN)/convoy run

repro: $(READY)  ## the same through DVC alone
	@PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro

test: $(READY)  ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 --durations=10

chaos: $(READY)  ## kill processes at a hundred random moments (CHAOS_KILLS, CHAOS_SEED)
	CHAOS_KILLS=$${CHAOS_KILLS:-100} $(BIN)/pytest -n 2 tests/flows/test_chaos.py tests/whole/test_chaos.py

format: $(READY)  ## put the code into its form
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

results: $(READY)  ## run every recipe briefly, for the numbers in docs/results.md
	$(BIN)/convoy reproduce --all --budget small

data-sets: $(READY)  ## take every public data set that is here through a brief run; write docs/data.md
	$(BIN)/python benchmarks/data_sets.py

bench: $(READY)  ## speed and memory, side by side
	$(BIN)/python benchmarks/loader.py
	$(BIN)/python benchmarks/coverage.py
	$(BIN)/python benchmarks/scale.py

lock: $(READY)  ## write requirements.lock from what is installed here
	$(BIN)/pip freeze --all --exclude-editable --exclude pip | sed -E 's/^(torch==[0-9.]+)\+.*/\1/' > requirements.lock

clean:  ## remove what runs have made; data in the DVC cache stays
	rm -rf data/.tmp data/ingest data/validate data/preprocess data/baseline data/extract data/analyze data/evaluate reports
