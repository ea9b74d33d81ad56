# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Python, git, make and, for a real Consul, apt are all that has to be there. The rest goes to .cache.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .cache/venv
READY := $(VENV)/.stamp
BENCH_PAGE ?= docs/benchmark.md
REQUIREMENTS := tests/requirements.txt tests/unit/requirements.txt tools/setup.sh
# For one's own: make unit PYTEST="-k coercion"
PYTEST ?=
# Only some lines of the matrix: make test-matrix CORES="2.16 2.21"
CORES ?=
# One more than a small machine has processors: many tests wait for an agent.
RUN_TESTS := $(VENV)/bin/pytest -n 3 --dist worksteal $(PYTEST)

# Before anything else the tools of the environment are found, as they look for each other on PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## the virtual environment and a Consul, in .cache
	@$(MAKE) --silent -j 2 $(READY) consul

.PHONY: consul
consul:
	@[[ -n "$$CONSUL" ]] || command -v consul >/dev/null || tools/fetch_consul.sh >/dev/null

$(READY): $(REQUIREMENTS)
	@tools/setup.sh $(VENV) tests/requirements.txt

.cache/venv-%/.stamp: tests/%/requirements.txt tools/setup.sh
	@tools/setup.sh .cache/venv-$* $<

# The gates of "make test": the first group and the second run side by side.
.PHONY: test
test: setup ## all tests and all gates that a change has to pass
	@$(VENV)/bin/python tools/run_gates.py pytest : lint-python lint-yaml lint-ansible format-check types layers generated changelog-lint licences docs-lint docs demo-picture tarball sanity-ends

.PHONY: test-all
test-all: setup .cache/venv-importer/.stamp ## the same, and the slow ones
	@$(VENV)/bin/python tools/run_gates.py pytest-all engine units : lint-python lint-yaml lint-ansible format-check types layers generated changelog-lint licences docs-lint docs demo-picture tarball importer sanity

.PHONY: test-matrix
test-matrix: setup ## tests and sanity on every ansible-core from 2.16 on
	@tools/test_matrix.sh $(CORES)

.PHONY: demo
demo: setup ## a real agent, an example playbook, and what a mistake gets
	@$(VENV)/bin/python tools/demo.py

.PHONY: demo-picture
demo-picture: setup ## does the README show what the demo says
	@$(VENV)/bin/python tools/demo_picture.py --check

# Smaller or larger: make bench BENCH_SIZES="1 100" BENCH_LOOPS=10 (see tests/benchmark/run.py)
.PHONY: bench
bench: setup .cache/venv-benchmark/.stamp ## what registering costs, beside other ways, in docs/benchmark.md; about 20 minutes
	@CONSUL="$${CONSUL:-$$(command -v consul || tools/fetch_consul.sh)}" BENCH_PACKAGES="$$(echo $(CURDIR)/.cache/venv-benchmark/lib/python3*/site-packages)" \
		tools/in_tree.sh bench python tests/benchmark/run.py $(abspath $(BENCH_PAGE)) $(CURDIR)/.cache/bench.measured $(BENCH_OPTIONS)

.PHONY: bench-page
bench-page: ## write docs/benchmark.md again, from what the last make bench has measured
	@$(MAKE) --silent bench BENCH_OPTIONS=--no-measuring

.PHONY: bench-fleet
bench-fleet: setup ## what judging 1,000 hosts together costs; about two minutes
	@tools/in_tree.sh bench python tests/benchmark/whole_fleet.py

.PHONY: pytest
pytest: $(READY)
	@$(RUN_TESTS) -m "not slow"

.PHONY: pytest-all
pytest-all: $(READY)
	@$(RUN_TESTS)

.PHONY: engine
engine: setup ## agents in containers of Podman, which it installs, as root
	@tools/engine.sh $(RUN_TESTS)

.PHONY: unit
unit: $(READY) ## tests without an agent
	@$(RUN_TESTS) tests/unit

.PHONY: integration
integration: $(READY) ## real playbooks on real agents
	@$(RUN_TESTS) tests/integration_agent

.PHONY: molecule
molecule: .cache/venv-molecule/.stamp ## hosts and agents of their own, as root; one scenario: SCENARIO=cluster
	@tools/molecule.sh $(if $(SCENARIO),test -s $(SCENARIO))

.PHONY: sanity
sanity: $(READY) ## ansible-test sanity, on all Pythons that are there
	@tools/ansible_test.sh $(VENV) sanity

# Without what ruff and antsibull-docs look at in the gates beside it; "make sanity" has it all.
.PHONY: sanity-ends
sanity-ends: $(READY) ## most of it on the oldest Python and the controller's own, without the tests
	@PYTHONS=3.8 tools/ansible_test.sh $(VENV) sanity --exclude tests/ --skip-test pep8 --skip-test pylint --skip-test ansible-doc

.PHONY: units
units: $(READY) ## the unit tests through ansible-test, on all Pythons that are there
	@tools/ansible_test.sh $(VENV) units

.PHONY: lint
lint: lint-python lint-yaml lint-ansible ## ruff, yamllint, ansible-lint

.PHONY: lint-python
lint-python: $(READY)
	@ruff check --output-format concise .

.PHONY: lint-yaml
lint-yaml: $(READY)
	@yamllint .

.PHONY: lint-ansible
lint-ansible: $(READY)
	@tools/in_tree.sh lint-ansible ansible-lint

.PHONY: format-check
format-check: $(READY) ## is the code formatted
	@ruff format --check .

.PHONY: format
format: $(READY) ## format the code
	@ruff format .
	@ruff check --fix-only .

.PHONY: types
types: $(READY) ## mypy, strict where code is shared
	@mypy

.PHONY: layers
layers: $(READY) ## does every room use only those below it (pyproject.toml says which)
	@PYTHONPATH=$(CURDIR)/.cache/trees/layers tools/in_tree.sh layers lint-imports --no-cache --no-logo

.PHONY: generate
generate: $(READY) ## what follows from the schema and the rules
	@$(VENV)/bin/python tools/generate.py

.PHONY: fuzz
fuzz: setup ## generated definitions against a real agent, until a disagreement: make fuzz MINUTES=10 SEED=1
	@$(VENV)/bin/python tools/fuzz.py $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

# Of another version than the newest: make upstream CLIENT=1.33.0
.PHONY: upstream
upstream: $(READY) ## does the schema have all that the newest API client of Consul has; needs Go
	@tools/upstream/run.sh $(CLIENT)

.PHONY: mutants
mutants: setup .cache/venv-mutants/.stamp ## which small changes of the code no test notices: make mutants SEED=3 COUNT=60; about 10 minutes
	@CONSUL="$${CONSUL:-$$(command -v consul || tools/fetch_consul.sh)}" .cache/venv-mutants/bin/python tools/mutants/run.py \
		$(if $(SEED),--seed $(SEED)) $(if $(COUNT),--count $(COUNT)) $(if $(ROOMS),--rooms $(ROOMS))

.PHONY: generated
generated: $(READY)
	@$(VENV)/bin/python tools/generate.py --check

.PHONY: changelog-lint
changelog-lint: $(READY) ## the changelog fragments
	@antsibull-changelog lint

.PHONY: licences
licences: $(READY) ## does every file state its licence
	@reuse lint --lines

.PHONY: docs-lint
docs-lint: $(READY) ## the documentation of plugins, roles and guides
	@tools/in_tree.sh docs-lint antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all .

.PHONY: docs
docs: $(READY) ## the documentation as a site, in .cache/docs/html
	@$(VENV)/bin/python tools/docs/build.py

.PHONY: build
build: $(READY) ## the tarball, in dist
	@rm -f dist/*.tar.gz
	@tools/in_tree.sh build ansible-galaxy collection build --force --output-path $(CURDIR)/dist

.PHONY: tarball
tarball: build ## is in the tarball what should be, and nothing else
	@$(VENV)/bin/python tools/check_tarball.py dist

.PHONY: importer
importer: build .cache/venv-importer/.stamp ## what Galaxy says about the tarball
	@tools/importer.sh .cache/venv-importer dist

.PHONY: release
release: setup ## make release VERSION=1.2.3: version, changelog, tests, tarball
	@tools/release.sh "$(VERSION)"

.PHONY: clean
clean: ## remove everything that was made
	@rm -rf .cache dist .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache
