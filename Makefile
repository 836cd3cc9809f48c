# `make` lists the targets. Everything that they create is in .venv and .local.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
MANAGE = .venv/bin/python manage.py

# Another server needs a SECRET_KEY. Only `make serve` signs anything that must last, so
# the others get a new key each time. (`make serve` asks for one.)
ifdef DATABASE_URL
demo test lint explain bench load test-faults plans schema screenshots psql: export SECRET_KEY ?= \
	$(shell head -c 48 /dev/urandom | base64 | tr -d '\n')
endif

# With flock (not on macOS), only one make installs at a time.
LOCK := $(if $(shell command -v flock),flock .local/setup.lock)

RECENT = -c "import sys; sys.exit(sys.version_info < (3, 11))"

# An interrupted creation leaves a venv without pip. It is created again.
define make_venv
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then \
	for python in $(PYTHON) python3.11 python3; do \
		if $$python $(RECENT) 2>/dev/null; then break; fi; \
	done; \
	if ! $$python $(RECENT) 2>/dev/null; then \
		echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python ..." >&2; \
		exit 1; \
	fi; \
	echo "Making .venv with $$($$python --version)"; \
	$$python -m venv --clear .venv; \
fi
endef

# The stamp comes last, so that an interrupted installation is repeated.
define install
@mkdir -p .local
@$(LOCK) sh -ec '$(make_venv); \
	echo "Installing $<"; \
	echo "The first run downloads packages and takes about a minute."; \
	.venv/bin/python -m pip install -q --disable-pip-version-check -r $<; \
	touch $@'
endef

.venv/run.stamp: requirements.txt
	$(install)

.venv/dev.stamp: requirements-dev.txt requirements.txt
	$(install)

.PHONY: help setup demo serve test test-cluster lint format explain bench load test-faults \
	plans schema screenshots psql stop clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: .venv/dev.stamp ## Create .venv with everything to run and develop

demo: .venv/run.stamp ## Load the sample data and show its uptime report
	@$(if $(DATABASE_URL),,echo "Starting PostgreSQL")
	@echo "Creating the tables"
	@$(MANAGE) migrate -v 0
	@echo "Loading the sample data"
	@$(MANAGE) ingest_csv fixtures
	@echo "Computing the uptime report"
	@$(MANAGE) run_report --format table
	@echo
	@echo "What to do next:"
	@echo "  make serve              open the overview in a browser:"
	@echo "                          http://127.0.0.1:8000/"
	@echo "  .venv/bin/python manage.py run_report --output report.csv"
	@echo "                          write the report as CSV"
	@echo "  .venv/bin/python manage.py outages --help"
	@echo "                          list when stores were down"
	@echo "  make stop               stop PostgreSQL"

serve: .venv/run.stamp ## Run web server and worker on 127.0.0.1 (ARGS="--port 8001")
	@$(MANAGE) migrate -v 0
	@exec $(MANAGE) serve $(ARGS)

test: .venv/dev.stamp ## Run the tests (ARGS="-k name" passes arguments to pytest)
	@.venv/bin/pytest $(ARGS)

test-cluster: export SECRET_KEY ?= $(shell head -c 48 /dev/urandom | base64 | tr -d '\n')
test-cluster: .venv/dev.stamp ## Run the tests on the cluster that RM_CLUSTER_URL names
	@DATABASE_URL=$${RM_CLUSTER_URL:?names no cluster} .venv/bin/pytest \
		tests/cluster tests/engine tests/api $(ARGS)

lint: .venv/dev.stamp ## Check Python, SQL and migrations
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/sqlfluff lint sql
	@$(MANAGE) makemigrations --check --dry-run

format: .venv/dev.stamp ## Format Python, fix what ruff can fix
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

explain: .venv/run.stamp ## Show how PostgreSQL runs a query (Q="its name and arguments")
	@$(MANAGE) explain $(Q)

bench: .venv/dev.stamp ## Compare the speed with DuckDB and COPY (ARGS="--help")
	@.venv/bin/python -m tests.bench $(ARGS)

load: .venv/dev.stamp ## Measure requests that run beside others (ARGS="--help")
	@.venv/bin/python -m tests.load $(ARGS)

test-faults: .venv/dev.stamp ## Damage a running service, count what is lost (needs root)
	@.venv/bin/python -m tests.faults $(ARGS)

plans: .venv/dev.stamp ## Explain every query on a large dataset (ARGS="--help")
	@.venv/bin/python -m tests.bench.plans $(ARGS)

schema: .venv/run.stamp ## Write the description of the API to openapi.yaml
	@$(MANAGE) spectacular --fail-on-warn --validate --file openapi.yaml

screenshots: .venv/dev.stamp ## Take the pictures in docs/images (needs chromium)
	@.venv/bin/python -m docs.screenshots $(ARGS)

psql: .venv/run.stamp ## Open psql on the project's database
	@PATH="$$(.venv/bin/python -m restaurant_monitor.local.postgres bin):$$PATH" \
		$(MANAGE) dbshell

stop: ## Stop the embedded PostgreSQL server
	@$(or $(wildcard .venv/bin/python),python3) -m restaurant_monitor.local.postgres stop

clean: stop ## Remove .venv and .local, with the database in it
	@echo "Removing .venv and .local (the database, its log, the report)"
	@rm -rf .venv .local
