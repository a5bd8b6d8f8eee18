.PHONY: demo test test-fast lint fuzz chaos attack clients bench docs check lock clean
PYTHON ?= python3
SEED ?= 1
# More workers than cores on a small machine, because most tests wait for other processes.
WORKERS ?= 4
# Skipped by `make test-fast`, together with *_wire.py: tests that start programs, play against the stand-ins, or try many hostile pictures and texts.
SLOW := tests/bench tests/chaos tests/whole tests/sandbox tests/images/test_hostile.py tests/images/test_fuzz.py \
	tests/platforms/test_reach.py tests/platforms/test_restart.py tests/attack tests/fuzz tests/text/test_patterns.py
VENV := .venv
RUN := $(VENV)/bin

# The lock file has hashes of all packages, including the build backend, so the project is installed without isolation.
$(VENV)/installed: requirements.lock pyproject.toml
	@echo 'Installing into $(VENV). The first time, this takes about a minute.'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(VENV)/installed  ## Try the bot on this machine without an account; Ctrl-C stops it
	@$(RUN)/seedream-bot demo || [ $$? -eq 130 ]

test: $(VENV)/installed  ## Run all tests in parallel (WORKERS=4) and list the twenty slowest
	$(RUN)/python -m pytest --numprocesses $(WORKERS) --durations 20

test-fast: $(VENV)/installed  ## Run all tests except the slow ones (SLOW)
	$(RUN)/python -m pytest --numprocesses $(WORKERS) $(addprefix --ignore=,$(SLOW)) --ignore-glob='*_wire.py'

lint: $(VENV)/installed  ## Check format, lint and types
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

fuzz: $(VENV)/installed  ## Read hostile pictures, texts and headers for fifteen minutes (SEED=1); failures go to fuzz-found/
	$(RUN)/python -m tests.fuzz --seconds 900 --seed $(SEED)

chaos: $(VENV)/installed  ## Run a thousand jobs with thirty power cuts, then with a full disk and a locked database (SEED=1)
	$(RUN)/python -m tests.chaos --jobs 1000 --kills 30 --seed $(SEED)
	$(RUN)/python -m tests.chaos --store --jobs 300 --kills 3 --seed $(SEED)

attack: $(VENV)/installed  ## Play hostile input against the running program, beside a member who must not notice (about four minutes)
	$(RUN)/python -m tests.attack

clients: $(VENV)/installed  ## Run hikari, py-cord and Bolt for JavaScript against the stand-ins (needs npm)
	$(RUN)/python -m tests.clients

bench: $(VENV)/installed  ## Compare the bot with a bare reference; writes bench/results.json
	$(RUN)/python -m bench

docs: $(VENV)/installed  ## Regenerate docs/architecture.md and docs/catalog.md from the code
	$(RUN)/python -m docs.drawing
	$(RUN)/python -m docs.keys

check: lint test  ## Run what CI runs

lock:  ## Update the lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --upgrade --group dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --constraints requirements.lock pyproject.toml -o requirements-run.lock

clean:
	rm -rf $(VENV) build *.egg-info demo-output
