# `make` lists the targets. Everything that a fresh machine lacks is brought first: Node 24 when the
# machine's is older (needs npm), the packages, and for test and demo a container engine.
NODE_VERSION := 24.21.0
NODE_MAJOR := $(firstword $(subst ., ,$(NODE_VERSION)))

.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

# Node 24 goes below .tools, first on the path for everything that runs from here.
TOOLS_NODE := .tools/.node-$(NODE_VERSION)
SYSTEM_NODE := $(shell node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
ifeq ($(shell test "$(SYSTEM_NODE)" -ge $(NODE_MAJOR) 2>/dev/null && echo new),)
NODE := $(TOOLS_NODE)
export PATH := $(CURDIR)/.tools/node_modules/node/bin:$(PATH)
endif

BIN := node_modules/.bin
PACKAGES := node_modules/.package-lock.json
# Folders too, so that a removed file counts.
SOURCES := $(shell find src ! -name '*.test.ts')

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | \
	  while IFS='|' read -r target text; do printf '  %-14s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: dist/.built ## the whole story on this machine; KEEP=1 leaves it running until Ctrl-C
	@exec sh scripts/with-engine.sh node scripts/demo.ts

.PHONY: test
test: dist/.built ## all tests; ONLY=src/sync runs a part
	@sh scripts/engine.sh programs || true
	@exec sh scripts/with-engine.sh node scripts/test.ts $(ONLY)

.PHONY: sim
sim: $(PACKAGES) ## simulate a thousand communes with faults; SEEDS= SEED_FROM= SEED= MINUTES=
	@exec node scripts/sim.ts

.PHONY: fuzz
fuzz: $(PACKAGES) ## let what strangers could write into everything for five minutes; MINUTES= SEED= ONLY=
	@exec node scripts/fuzz.ts

.PHONY: podman
podman: $(PACKAGES) ## what the engine promises, on Podman instead of Docker
	@exec sh scripts/podman.sh

.PHONY: soak
soak: $(PACKAGES) ## flood a server and measure whether memory stays flat; MINUTES=
	@exec node scripts/soak.ts

.PHONY: mutants
mutants: $(PACKAGES) ## show that the simulator notices every wrong change of a list; SEEDS= ONLY=
	@exec node scripts/mutants.ts

.PHONY: fair-share
fair-share: $(PACKAGES) ## simulate months of sharing, and write the plots and tables of docs/fair-share.md
	@exec node scripts/fair-share.ts

.PHONY: faults
faults: $(PACKAGES) ## several machines, and all that goes wrong with them; RUNS= JSON=1
	@sh scripts/engine.sh programs || true
	@exec node scripts/faults.ts

.PHONY: bench
bench: dist/.built ## measure side by side with the peers and the limits; ID= measures one row, DOCS=1 writes the tables
	@sh scripts/engine.sh programs || true
	@exec sh scripts/with-engine.sh node --disable-warning=ExperimentalWarning bench/main.ts

.PHONY: check
check: dist/.built ## types, lint, format and generated files, as CI does
	@echo 'check: types'
	@$(BIN)/tsc -p tsconfig.json
	@$(BIN)/tsc -p tsconfig.pure.json
	@echo 'check: lint'
	@$(BIN)/oxlint --quiet
	@echo 'check: format'
	@$(BIN)/oxfmt --list-different . || { echo "Run 'make format'." >&2; exit 1; }
	@echo 'check: generated files'
	@sh scripts/check-generated.sh
	@echo 'check: ok'

.PHONY: audit
audit: $(PACKAGES) ## ask the registry for known faults of the packages
	@node scripts/audit.ts

.PHONY: sbom
sbom: dist/.built ## list what a release ships, as dist/sbom.cdx.json (CycloneDX)
	@node scripts/sbom.ts dist/sbom.cdx.json

.PHONY: build
build: dist/.built ## bundle src as programs into dist

.PHONY: format
format: $(PACKAGES) ## format the source
	@$(BIN)/oxfmt .

.PHONY: generate
generate: $(PACKAGES) ## generate types from lexicons/ and schemas/, and docs/cli.md
	@sh scripts/generate.sh

.PHONY: clean
clean: ## remove what the other targets made, except Node and the packages
	@rm -rf dist dist.new dist.old .demo

# Built beside and then swapped, so that a program that runs meanwhile finds all its modules.
dist/.built: $(PACKAGES) $(SOURCES) scripts/build.ts $(wildcard scripts/build/*.ts)
	@echo 'make: bundling'
	@rm -rf dist.new
	@node scripts/build.ts dist.new
	@touch dist.new/.built
	@rm -rf dist.old && { [ ! -e dist ] || mv dist dist.old; } && mv dist.new dist && rm -rf dist.old

# npm writes this file last.
$(PACKAGES): package.json package-lock.json .npmrc | $(NODE)
	@echo 'make: installing packages'
	@npm ci --no-progress --loglevel=error
	@touch $@

# The package's install script fetches nothing but the binary package of this platform.
$(TOOLS_NODE):
	@echo 'make: bringing Node $(NODE_VERSION) (this machine has $(or $(SYSTEM_NODE),none))'
	@command -v npm >/dev/null || { echo 'make: npm is missing; install Node 20 or later with npm' >&2; exit 1; }
	@mkdir -p .tools
	@npm install --prefix .tools --ignore-scripts=false --no-save --no-package-lock --no-progress --loglevel=error node@$(NODE_VERSION)
	@touch $@
