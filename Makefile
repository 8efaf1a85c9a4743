# make         static lacd, lacctl, lacsim and the lab's programs in ./bin
# make demo    subscribers, lacd with XDP, two LNSes and RADIUS in namespaces, narrated
# make demo-vm the same with pppd, xl2tpd and FreeRADIUS, and lacd with PPP, in a VM
# make test    unit tests, kernel tests in a VM, both demos and the lab's cases as tests
# make scenes   the lab's cases alone, each in a VM of its own
# make conformance  the wire-level cases against the real binary, as a table
# make check   what CI holds the code to beyond the tests
# make bench   forwarding, set-ups, failover and storms, as a table with goals; up to 30 minutes
# make microbench  the packages' own benchmarks, medians of COUNT runs
# make clean   remove ./bin and ./.cache; the VM's kernel stays in ~/.cache/lacd

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

# Packages whose tests need a kernel with PPP, PPPoE and L2TP.
KERNEL := ./kernel/...
# Packages that play against the real binary, against the clock: one at a time.
ALONE := -e lactest/conformance$$ -e lactest/hostile$$
FUZZTIME ?= 20s
COUNT ?= 6
ARTIFACTS ?= $(CURDIR)/.cache/lab

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

# Root may make network namespaces, so nothing is skipped then.
export LACD_TEST_ROOT := $(shell [ "$$(id -u)" -ne 0 ] || echo 1)

# A checkout that belongs to somebody else has no version for git to tell.
BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=$(shell git rev-parse HEAD >/dev/null 2>&1 && echo auto || echo false)

.PHONY: build vmrun deps demo demo-vm test scenes conformance check fuzz bench microbench clean

build: vmrun
	$(BUILD) -o bin/ ./cmd/... ./deploy/lab/demo

vmrun:
	@mkdir -p bin
	$(BUILD) -o bin/ ./deploy/lab/vmrun

deps:
	@deploy/lab/deps

# Status 3: this machine cannot do it.
demo:
	@deploy/lab/deps native
	@$(MAKE) --no-print-directory build
	@status=0; bin/demo -native -artifacts $(ARTIFACTS) || status=$$?; \
	if [ $$status -eq 3 ]; then $(MAKE) --no-print-directory demo-vm; else exit $$status; fi

demo-vm: deps build
	bin/demo -artifacts $(ARTIFACTS)

# TESTFLAGS=-v names every test.
test: deps build
	go vet ./...
	go test $(TESTFLAGS) $$(go list ./... | grep -v $(ALONE))
	go test $(TESTFLAGS) -p 1 $$(go list ./... | grep $(ALONE))
	LACD_TEST_VM=1 go test $(TESTFLAGS) -count=1 -exec $(CURDIR)/bin/vmrun $(KERNEL)
	LACD_TEST_LAB=1 LACD_ARTIFACTS=$(ARTIFACTS) go test -v -count=1 -p 1 -timeout 30m ./deploy/lab/...

# Tunnel secrets, outages, the access side, many subscribers, VLANs, RADIUS.
scenes: deps build
	LACD_TEST_LAB=1 LACD_ARTIFACTS=$(ARTIFACTS) go test -v -count=1 -timeout 30m ./deploy/lab/demo

conformance:
	go run ./lac/lactest/conformance/report

check:
	@deploy/lab/deps check
	go vet ./...
	go run $(GOLANGCI_LINT) run ./...
	go mod tidy -diff
	go fix -diff ./...
	deploy/unchanged go generate ./...
	go test -race -shuffle=on ./...
	deploy/fuzz $(FUZZTIME)
	@deploy/vulncheck $(GOVULNCHECK)

fuzz:
	deploy/fuzz $(FUZZTIME)

# BENCHFLAGS=-quick takes three minutes.
bench: deps
	@mkdir -p .cache
	go run ./deploy/bench -json .cache/bench.json $(BENCHFLAGS)

microbench:
	@mkdir -p .cache
	go test -run '^$$' -bench . -benchmem -count $(COUNT) ./... | tee .cache/bench.txt
	go run $(BENCHSTAT) .cache/bench.txt

clean:
	rm -rf bin .cache
