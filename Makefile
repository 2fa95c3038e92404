# Two commands: `make demo` shows it at work, `make test` proves it. Needs Python 3.11 or newer with venv.

PYTHON ?= python3
VENV   := .venv
STAMP  := $(VENV)/.stamp
RUN    := $(VENV)/bin
# Tests wait more than they compute: three at once for each of two cores.
JOBS   ?= 6
PACKAGES := bench canvases cli config simulator tasks tests workers xenserver

# Everything stays inside the clone, caches too.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_CACHE_DIR := 1
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
# Compile each module once, not in each of the many processes that tests start.
unexport PYTHONDONTWRITEBYTECODE

COMPILE := $(RUN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help demo test compose-test bench chaos fuzz lint format docs lock released clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo      20 VMs at once on a simulated pool; KEEP=1 leaves it running'
	@echo 'make test      all tests'
	@echo 'make compose-test  the tests of the Compose stack, on a container engine; ARGS="-k flower" for some'
	@echo 'make chaos     kill and delay everything under load: RUNS=1000 MINUTES=5 SEED=n FSYNC=always SHORT=1 ALONE=1'
	@echo 'make bench     figures of speed and size; ONLY=name for one benchmark of bench/'
	@echo 'make fuzz      hostile input: MESSAGES=10000 to live workers, CALLS=20000 to the simulated pool; SEED=n ONLY=workers|simulator'
	@echo 'make lint      ruff, mypy, import-linter'
	@echo 'make format    let ruff rewrite what it can'
	@echo 'make docs      write all generated files under docs/ anew'
	@echo 'make lock      pin dependencies anew'
	@echo 'make released  enter new names and fields of messages in the golden list'
	@echo 'make clean     remove all that make made'

demo: $(STAMP)
	@$(RUN)/xenflow demo $(if $(KEEP),--keep)

test: $(STAMP)
	@$(RUN)/python -m pytest -n $(JOBS) --dist loadgroup --no-loadscope-reorder $(ARGS)

compose-test: $(STAMP)
	@$(RUN)/python -m tests.compose $(ARGS)

chaos: $(STAMP)
	@$(RUN)/python -m tests.chaos --runs $(or $(RUNS),1000) --minutes $(or $(MINUTES),5) \
		--fsync $(or $(FSYNC),always) $(if $(SEED),--seed $(SEED)) $(if $(SHORT),--short) \
		$(if $(ALONE),--alone)

fuzz: FUZZ_SEED = $(if $(SEED),--seed $(SEED))
fuzz: $(STAMP)
	@$(if $(filter workers,$(or $(ONLY),workers)),$(RUN)/python -m tests.fuzz --messages $(or $(MESSAGES),10000) $(FUZZ_SEED))
	@$(if $(filter simulator,$(or $(ONLY),simulator)),$(RUN)/python -m tests.simulator.random_calls --calls $(or $(CALLS),20000) $(FUZZ_SEED))

bench: $(STAMP)
	@$(RUN)/python -m bench $(ONLY)

lint: $(STAMP)
	@$(RUN)/ruff check --quiet $(PACKAGES)
	@$(RUN)/ruff format --quiet --check $(PACKAGES)
	@$(RUN)/mypy --no-error-summary
	@$(RUN)/lint-imports --no-logo > $(VENV)/layers.txt || { cat $(VENV)/layers.txt; exit 1; }

format: $(STAMP)
	@$(RUN)/ruff check --quiet --fix $(PACKAGES)
	@$(RUN)/ruff format --quiet $(PACKAGES)

# Beside docs/ first, so that a failure halfway leaves docs/ as it was.
docs: NEW = .cache/docs
docs: $(STAMP)
	@rm -rf $(NEW)
	@env -u XENFLOW_OPERATIONS_PATH $(RUN)/xenflow schema --folder $(NEW)/schemas \
		--python $(NEW)/client/xenflow_client.py --pages $(NEW)/reference
	@rm -rf docs/schemas/messages docs/schemas/answers
	@cp -R $(NEW)/. docs
	@rm -rf $(NEW)

lock: | $(RUN)/uv
	@$(COMPILE) --upgrade -o requirements.lock pyproject.toml
	@$(COMPILE) --upgrade --extra dev --constraints requirements.lock -o dev.lock pyproject.toml
	@grep -E '^(hatchling|uv)==' dev.lock | cut -d ' ' -f 1 | $(COMPILE) --constraints dev.lock -o tools.lock -

released: $(STAMP)
	@$(RUN)/python -m tests.repository.released enter

clean:
	@rm -rf $(VENV) .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .run dist
	@find $(PACKAGES) -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): pyproject.toml requirements.lock dev.lock tools.lock | $(RUN)/uv
	@$(RUN)/python -m pip install --quiet --require-hashes -r tools.lock
	@$(RUN)/uv pip sync --quiet --python $(RUN)/python --require-hashes dev.lock
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(RUN)/uv:
	@command -v $(PYTHON) > /dev/null || { echo 'xenflow needs Python 3.11 or newer: install python3 and python3-venv, or name one: make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "xenflow needs Python 3.11 or newer, this is $$($(PYTHON) -V): name another: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "Python's venv module is missing: apt-get install python3-venv (or your system's package of it)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --require-hashes -r tools.lock
