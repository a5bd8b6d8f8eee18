.PHONY: demo test test-fast lint fuzz chaos bench docs check lock clean
PYTHON ?= python3
SEED ?= 1
# More than a small machine has cores: most tests wait for other processes.
WORKERS ?= 4
# What `make test-fast` leaves out: everything that starts programs, plays the stand-ins or decodes hostile pictures.
SLOW := tests/bench tests/chaos tests/whole tests/sandbox tests/images/test_hostile.py
VENV := .venv
RUN := $(VENV)/bin

# The lock has hashes of everything, the build backend included; the project itself is installed without isolation.
$(VENV)/installed: requirements.lock pyproject.toml
	@echo 'Installing into $(VENV): a minute, the first time.'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(VENV)/installed  ## Play with the bot on this machine, no account needed; Ctrl-C ends it
	@$(RUN)/seedream-bot demo || [ $$? -eq 130 ]

test: $(VENV)/installed  ## The whole suite, by several workers side by side (WORKERS=4); the slowest twenty tests in the end
	$(RUN)/python -m pytest --numprocesses $(WORKERS) --durations 20

test-fast: $(VENV)/installed  ## The inner loop: all but what takes long (SLOW, above)
	$(RUN)/python -m pytest --numprocesses $(WORKERS) $(addprefix --ignore=,$(SLOW))

lint: $(VENV)/installed  ## Layout, lint and types
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

fuzz: $(VENV)/installed  ## Ten minutes of hostile pictures; findings go to fuzz-found/
	$(RUN)/python -m tests.fuzz.pictures --seconds 600 --seed 1

chaos: $(VENV)/installed  ## A thousand jobs and thirty power cuts, then a full disk and a locked database; SEED=2 plays others
	$(RUN)/python -m tests.chaos --jobs 1000 --kills 30 --seed $(SEED)
	$(RUN)/python -m tests.chaos --store --jobs 300 --kills 3 --seed $(SEED)

bench: $(VENV)/installed  ## Figures beside a bare reference, in bench/results.json
	$(RUN)/python -m bench

docs: $(VENV)/installed  ## Draw the architecture anew from the code
	$(RUN)/python -m docs.drawing

check: lint test  ## What CI runs

lock:  ## Resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --upgrade --group dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --constraints requirements.lock pyproject.toml -o requirements-run.lock

clean:
	rm -rf $(VENV) build *.egg-info demo-output
