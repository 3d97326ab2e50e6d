# Guildhall. `make` prints what there is; nobody needs npm.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps build generate assets golden run test race check lint bench crash


help: ## what there is to type
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install what the tests need and is missing: PostgreSQL, Chromium, gcc, strace
	@tools/deps.sh

generate: ## write the Go code of the .templ files
	@go -C tools build -o ../.cache/pages ./pages
	@.cache/pages

assets: generate ## build style sheet, scripts and their compressed forms
	@go -C tools build -o ../.cache/assets ./assets
	@.cache/assets

golden: ## write down the API and the schema as they are now, as what is promised
	GUILDHALL_GOLDEN=1 go test -run 'KeepsItsPromises|SchemaThatIsPromised' ./internal/rules

build: ## the one static binary, bin/guildhall
	CGO_ENABLED=0 go build -trimpath -o bin/guildhall ./cmd/guildhall

run: ## serve a demo organisation
	go run ./cmd/guildhall demo

# The race detector slows SQLite down by a factor of twenty, so it watches what
# has goroutines of its own.
RACE := ./matching/... ./internal/core/... ./internal/platform/...

test: deps ## every test, on SQLite and PostgreSQL and in a browser
	go test -timeout 60m ./...

race: deps ## the race detector over what has goroutines of its own
	go test -race -short -timeout 60m $(RACE)

check: test lint race ## exactly what CI does

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l cmd internal matching migrations tools); if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	@go -C tools build -o ../.cache/staticcheck honnef.co/go/tools/cmd/staticcheck
	.cache/staticcheck ./...

bench: ## the figures we hold ourselves to, beside the public solvers that are installed
	go run ./cmd/guildhall bench matching
	go test -run '^$$' -bench . -benchmem ./...
	@go mod download; dir=$$(mktemp -d); trap "rm -rf $$dir" EXIT; TIMEFORMAT='cold build with two processors: %R s, of these %U + %S s of processor time (goal: 120 s)'; \
	time CGO_ENABLED=0 GOCACHE=$$dir/cache GOMAXPROCS=2 go build -p 2 -o $$dir/guildhall ./cmd/guildhall
	@$(MAKE) -s build
	@if [ -d ../shared/data/stackexchange/quantumcomputing ]; then bin/guildhall bench import ../shared/data/stackexchange/quantumcomputing; fi
	@for d in ../shared/data/stackexchange/*/; do if [ -f $$d/Posts.xml ]; then bin/guildhall bench experts --balanced $$d; fi; done
	bin/guildhall bench swaps
	bin/guildhall bench coffee
	bin/guildhall bench practices
	bin/guildhall bench serve --people 10000 --questions 100000

crash: deps ## a thousand kills of a server at work
	GUILDHALL_CRASHES=1000 go test -timeout 4h -run Crash -v ./cmd/guildhall
