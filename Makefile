# The only commands anyone must know. `make help` lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
TARGET := $(or $(CARGO_TARGET_DIR),target)
INDEX := target/index/aws-call.index
NEWER_INDEX := target/index/newer.index
ORACLES := .local/oracles
SANDBOX := $(TARGET)/debug/sandbox
BENCH_PYTHON := .local/bench-python
DENY := .local/tools/bin/cargo-deny
FUZZ := .local/tools/bin/cargo-fuzz
# One selection of packages everywhere: another would choose other features and build the dependencies again. `--bin NAME` leaves
# out what this program does not need.
BUILD := cargo build --workspace
# `--deep` proves only the recipes that are thought through in every part, which is what `make test` has time for.
DEEP :=
# Inputs for each fuzz target.
RUNS := 10000000
# `required` makes `make deny` fail if the database of advisories cannot be reached.
ADVISORIES := optional

# `$(call need,PROGRAM,HOW TO INSTALL IT)`
need = command -v $(1) >/dev/null || { echo "\`$(1)\` is missing; $(2)" >&2; exit 1; }
need_cargo = $(call need,cargo,install Rust from https://rustup.rs)
need_python = $(call need,python3,install Python 3.11 or later with venv (apt-get install python3 python3-venv; brew install python))
need_npm = $(call need,npm,install Node.js 20 or later with npm (https://nodejs.org; apt-get install nodejs npm; brew install node))

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.installed node_modules/.installed ## Install the local stack and the lints into this folder

$(VENV)/.installed: requirements.txt
	@$(need_python)
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "python3 is too old; install Python 3.11 or later" >&2; exit 1; }
	python3 -m venv --clear $(VENV) || { echo "python3 has no venv; install it (apt-get install python3-venv)" >&2; exit 1; }
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	touch $@

node_modules/.installed: package.json package-lock.json
	@$(need_npm)
	npm ci --silent
	touch $@

.PHONY: index
index: ## Build the index of AWS operations from the pinned models
	@$(need_cargo); $(need_python); $(need_npm)
	$(BUILD) --bin xtask
	arguments=$$(scripts/fetch-models); mapfile -t arguments <<<"$$arguments"; \
	$(TARGET)/debug/xtask index "$${arguments[@]}" --out $(INDEX)

.PHONY: build
build: ## Build everything with the dev profile
	@$(need_cargo)
	$(BUILD)

.PHONY: run
run: setup build index ## Start everything, propose a change and wait for you to decide
	$(SANDBOX) run

.PHONY: demo
demo: setup build index ## The same, decided and undone by a script; ends with one JSON line
	$(SANDBOX) --name demo demo

.PHONY: test
test: lint build index ## Check everything that CI checks
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	@# Most of the end-to-end tests wait most of the time, so that more of them than there are cores may run at once.
	$(SANDBOX) --name test with -- env RUST_TEST_THREADS=8 cargo test --workspace --quiet
	$(MAKE) --no-print-directory model
	$(MAKE) --no-print-directory conformance
	$(MAKE) --no-print-directory proofs DEEP=--deep

.PHONY: conformance
conformance: index $(ORACLES)/pinned/.installed $(ORACLES)/newer/.installed ## Hold aws-call against suites that others wrote
	$(BUILD) --bin conformance
	arguments=$$(scripts/fetch-models newer); mapfile -t newer <<<"$$arguments"; \
	$(TARGET)/debug/xtask index "$${newer[@]}" --out $(NEWER_INDEX); \
	pinned=$$(scripts/fetch-models | sed -n 's/^--botocore=//p'); newer=$${newer[0]#--botocore=}; \
	$(TARGET)/debug/conformance --botocore "$${pinned%/botocore/data}" --index $(INDEX) --python $(ORACLES)/pinned/bin/python \
	  --newer-botocore "$${newer%/botocore/data}" --newer-index $(NEWER_INDEX) --newer-python $(ORACLES)/newer/bin/python

$(ORACLES)/%/.installed: conformance/requirements/%.txt
	@$(need_python)
	python3 -m venv --clear $(@D) || { echo "python3 has no venv; install it (apt-get install python3-venv)" >&2; exit 1; }
	$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

.PHONY: proofs
proofs: build index setup $(ORACLES)/pinned/.installed ## Prove every recipe once on moto and on MiniStack
	$(TARGET)/debug/proofs lint
	$(TARGET)/debug/proofs pages --check
	$(TARGET)/debug/proofs run --seeds 1 $(DEEP)

.PHONY: catalog-report
catalog-report: build index setup $(ORACLES)/pinned/.installed ## Prove every recipe with five seeds and write the catalogue's pages
	cargo build --profile measured --package proofs
	$(TARGET)/debug/proofs lint
	$(TARGET)/debug/proofs pages
	$(TARGET)/debug/changegate catalog schema > crates/catalog/recipes/recipe.schema.json
	$(TARGET)/measured/proofs run --seeds 5 --figures target/figures/catalog.json

.PHONY: model
model: ## Go through every state of the model of a change's life, and seed faults
	@$(need_cargo)
	$(BUILD) --bin model
	$(TARGET)/debug/model check --figures target/figures/model.json

.PHONY: soak
soak: ## The same with more faults at once; some minutes, and two gigabytes
	@$(need_cargo)
	$(BUILD) --bin model
	$(TARGET)/debug/model check --long --figures target/figures/model-long.json

.PHONY: lint
lint: setup ## Check templates and state machine
	$(VENV)/bin/cfn-lint
	node_modules/.bin/asl-validator --json-path statemachines/change.asl.json

.PHONY: package
package: index ## Build and check one archive per function, for AWS
	$(TARGET)/debug/xtask package --index $(INDEX)

.PHONY: bench
bench: bench-cold-start bench-change-cost ## Measure everything that is measured

.PHONY: bench-change-cost
bench-change-cost: setup build index ## Count the state transitions and invocations of one change
	$(SANDBOX) --name cost cost

.PHONY: bench-cold-start
bench-cold-start: index $(BENCH_PYTHON)/.installed ## Measure from process start to the first request for work
	if [ -x $(BENCH_PYTHON)/bin/python ]; then python=(--python "$$PWD/$(BENCH_PYTHON)/bin/python"); \
	else python=(); echo "there is no Python function beside the others: awslambdaric could not be installed" >&2; fi; \
	$(TARGET)/debug/xtask cold-start --index $(INDEX) "$${python[@]}"

.PHONY: bench-aws-call
bench-aws-call: index $(ORACLES)/pinned/.installed ## Measure aws-call beside botocore and the typed Rust SDK
	cargo build --release --locked --package bench-aws-call
	cargo build --release --locked --manifest-path bench/typed/Cargo.toml --target-dir $(TARGET)/typed
	botocore=$$(scripts/fetch-models | sed -n 's/^--botocore=//p'); \
	$(TARGET)/debug/xtask aws-call-cost --index $(INDEX) --python $(ORACLES)/pinned/bin/python \
	  --botocore "$${botocore%/botocore/data}" --typed $(TARGET)/typed/release/bench-typed

$(BENCH_PYTHON)/.installed: bench/python/requirements.txt
	@$(need_python)
	rm -rf $(BENCH_PYTHON)
	python3 -m venv $(BENCH_PYTHON)
	$(BENCH_PYTHON)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $< || rm -rf $(BENCH_PYTHON)
	mkdir -p $(BENCH_PYTHON) && touch $@

.PHONY: deny
deny: $(DENY) ## Check bans, licences and sources of dependencies; advisories if their database can be reached
	$(DENY) check bans licenses sources
	@if $(DENY) fetch db; then $(DENY) check --disable-fetch advisories; \
	else echo "advisories: NOT CHECKED, their database cannot be reached" >&2; [ "$(ADVISORIES)" != required ]; fi

$(DENY):
	@$(need_cargo)
	cargo install cargo-deny --version 0.20.2 --locked --debug --quiet --root .local/tools

.PHONY: aws-smoke
aws-smoke: ## Check on a real AWS account what no emulator can; says first what it would do
	@scripts/aws-smoke

.PHONY: fuzz
fuzz: index $(FUZZ) ## Feed the parsers and the index loader RUNS inputs each
	@# The seeds of the index depend on its format, so they are made and not kept.
	$(BUILD) --bin fuzz-seeds
	$(TARGET)/debug/fuzz-seeds fuzz/corpus/index
	scripts/fuzz $(RUNS)

$(FUZZ):
	@$(need_cargo)
	cargo install cargo-fuzz --version 0.13.2 --locked --debug --quiet --root .local/tools

.PHONY: clean
clean: ## Stop sandboxes and forget what they kept
	if [ -x $(SANDBOX) ]; then for name in sandbox demo test cost; do $(SANDBOX) --name $$name down; done; fi
	rm -rf .local/sandbox .local/demo .local/test .local/cost
