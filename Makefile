# Needs Python >= 3.11 with pip and venv, and nothing else: no root, no containers, no servers.

PYTHON ?= python3
BIN := .venv/bin
CODE := $(wildcard contracts incidents incidents_command.py workers tests benchmarks deploy examples)
COMPILE := $(BIN)/uv pip compile --quiet --system-certs --universal --generate-hashes --python-version 3.11 \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
# Tests wait for servers half of the time: two at once for each of two cores.
TESTS_AT_ONCE ?= 4
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: help install demo test check layout lint types arrows format words wire docs lock bench pressure faults fuzz flips clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

install: .venv/installed ## Put everything, hash by hash, into .venv; the command is .venv/bin/incidents

.venv/installed: pyproject.toml $(wildcard requirements/*.txt)
	@echo "install: .venv from requirements/"
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed: make PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes --only-binary :all: -r requirements/build.txt
	@$(PIP) --require-hashes --no-build-isolation --use-pep517 --only-binary :all: --no-binary nkeys \
		-r requirements/development.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@broken=$$($(BIN)/python -m pip check) || { echo "$$broken"; exit 1; }
	@touch $@

demo: ## Document sample incidents on embedded servers and keep them running; ONCE=1 stops them at the end
	$(if $(ONCE),,@echo "demo: a system that starts here keeps this terminal; in a second one: . .venv/bin/activate && incidents projects list")
	@$(MAKE) --no-print-directory --silent install
	@$(BIN)/incidents demo $(if $(ONCE),--once)

# One process of mypy would leave the other core idle for half a minute.
test: layout lint arrows ## Check everything, and run the tests against real, embedded servers
	@echo "test: mypy and pytest"
	@$(BIN)/mypy $(CODE) & types=$$!; \
		$(BIN)/pytest --quiet -n $(TESTS_AT_ONCE) --dist worksteal --durations=10; tests=$$?; \
		wait $$types && exit $$tests

check: layout lint types arrows ## Check layout, style, types and import arrows without running anything

layout: install
	@echo "check: ruff format"
	@$(BIN)/ruff format --quiet --diff $(CODE)

lint: install
	@echo "check: ruff"
	@$(BIN)/ruff check --quiet $(CODE)

types: install
	@echo "check: mypy"
	@$(BIN)/mypy $(CODE)

arrows: install
	@echo "check: import-linter"
	@$(BIN)/lint-imports --no-logo

format: install ## Lay the code out and fix what can be fixed
	@$(BIN)/ruff check --quiet --fix-only $(CODE)
	@$(BIN)/ruff format --quiet $(CODE)

wire: install ## Write what is generated anew: docs/asyncapi.yaml, the golden file, docs/requirements.md
	@$(BIN)/python -m tests.contracts.regenerate
	@$(BIN)/python -m tests.requirements.regenerate

words: install ## Compile what the command line says in French, after a change of its catalogue
	@$(BIN)/pybabel --quiet compile --domain incidents --directory incidents/locale

docs: install ## Make a site of docs/ and the client's docstrings in build/docs; a broken link fails
	@$(BIN)/mkdocs build

lock: | $(BIN)/uv ## Renew the locked versions within pyproject.toml; UPGRADE=1 takes the newest ones
	@$(COMPILE) pyproject.toml --extra server --output-file requirements/runtime.txt
	@$(COMPILE) --group build --constraints requirements/runtime.txt --output-file requirements/build.txt
	@$(COMPILE) pyproject.toml --extra server --extra otel --group dev --constraints requirements/runtime.txt \
		--constraints requirements/build.txt --output-file requirements/development.txt
	@$(COMPILE) pyproject.toml --extra server --extra otel --constraints requirements/runtime.txt \
		--constraints requirements/development.txt --output-file requirements/otel.txt
	@$(COMPILE) --group peers --constraints requirements/development.txt --output-file requirements/peers.txt
	@$(MAKE) --no-print-directory --silent install
	@$(BIN)/python deploy/third_party.py

$(BIN)/uv:
	@$(MAKE) install

bench: install ## Measure the speed beside the ceiling and the peers
	@$(PIP) --require-hashes -r requirements/peers.txt
	@$(BIN)/python -m benchmarks

pressure: install ## Measure the system under pressure and faults, eight minutes; MINUTES=20 adds a soak
	@$(BIN)/python -m benchmarks.pressure $(if $(MINUTES),--minutes $(MINUTES))

faults: install ## Kill what makes PROJECTS=500 reports, then make faults for MINUTES=30 with SEED=1; CLUSTER=1 takes three servers
	@BATCH_PROJECTS=$(or $(PROJECTS),500) BATCH_SEED=$(or $(SEED),1) $(BIN)/pytest -q tests/reports/test_batch_kills.py
	@$(BIN)/python -m tests.faults --minutes $(or $(MINUTES),30) --seed $(or $(SEED),1) $(if $(CLUSTER),--cluster)

fuzz: install ## Send raw frames and odd documents: FRAMES=100000 DOCUMENTS=10000 SEED=1
	@$(BIN)/python -m tests.fuzz --frames $(or $(FRAMES),100000) --documents $(or $(DOCUMENTS),10000) \
		--seed $(or $(SEED),1)

flips: install ## Change each byte of a package and of a PDF, one at a time, and verify that each change is found
	@FLIPS=1000000 $(BIN)/pytest --quiet --timeout 0 tests/evidence/test_verification.py \
		tests/evidence/test_encrypted_bags.py tests/evidence/test_pdf_verification.py

clean: ## Remove what was made here
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
