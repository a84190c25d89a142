# Frontdesk. `make help` lists the targets.
SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINT_VERSION := v2.5.0
TOOLS := $(CURDIR)/.cache/bin
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help demo build setup test test-tools quick-gate baseline lint fmt bench sample screenshots train clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

demo: setup build ## Start everything on this machine with a sample clinic
	@exec bin/frontdesk demo

build: ## Build bin/frontdesk
	@scripts/need.sh go
	@mkdir -p bin
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/frontdesk ./cmd/frontdesk

setup: ## Fetch the runtime: private PostgreSQL with pgvector, local embeddings
	@scripts/need.sh go python3 git
	@scripts/setup.sh

test-tools: ## Fetch what the tests need beside the runtime: a small language model, Chromium, Tesseract, axe-core
	@scripts/need.sh go python3 git gcc chromium tesseract npm
	@scripts/setup.sh test

# Two packages at a time: they share one PostgreSQL and one embedding server.
test: test-tools build ## Run every test, with the race detector
	CGO_ENABLED=1 go test -race -p 2 -timeout 20m ./...

# Three cases of each suite and language, always the same ones.
QUICK := all --sample 3 --seed 7

quick-gate: setup build ## Ask a sample of the suites and compare with eval/baseline.json; 3 is a failed gate
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && FRONTDESK_HOME=$$dir/home bin/frontdesk eval run $(QUICK) --gates eval/quick.yaml --baseline eval/baseline.json --out .cache/quick-gate

baseline: setup build ## Write eval/baseline.json anew from what passes now; look at its diff
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && (FRONTDESK_HOME=$$dir/home bin/frontdesk eval run $(QUICK) --out $$dir/run || test $$? = 3) && bin/frontdesk eval report $$dir/run --bare > eval/baseline.json

lint: ## Check the code with golangci-lint
	@scripts/need.sh go
	@test -x $(TOOLS)/golangci-lint-$(LINT_VERSION) || (mkdir -p $(TOOLS) && GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION) && mv $(TOOLS)/golangci-lint $(TOOLS)/golangci-lint-$(LINT_VERSION))
	$(TOOLS)/golangci-lint-$(LINT_VERSION) run

fmt: ## Format the code
	gofmt -w .

bench: setup build ## Run the benchmarks: ratios measured in one run
	bin/frontdesk bench

sample: ## Make the sample clinic's documents again
	go run ./cmd/frontdesk/sample

screenshots: setup ## Take docs/simulator.png again from the running demo
	FRONTDESK_SCREENSHOTS=$(CURDIR)/docs go test -count=1 -run 'TestDemo/in_a_browser' ./cmd/frontdesk

train: setup ## Learn the weights of the screens again from their examples: vectors of each once, then minutes
	go run ./guardrails/train

clean: ## Remove what was built
	rm -rf bin .cache
