# make demo    shows the main job on this machine: nothing but Go is needed
# make test    installs what the tests need, then runs all of them
# make eval    tries the starter set of questions and letters on the skills, and prints a table
# make check   what must be true before a commit: format, vet, linters, tests, clean tree
#
# Parts of the tests, each runnable alone: test-unit test-mail test-matrix test-teams test-web test-e2e test-faults
#
# make playground   has a browser use the bot in Microsoft's Agents Playground, which it installs for this user
#
# Release: CHANGELOG has the version; make check; make build RELEASE=x.y.z; git tag vx.y.z.

SHELL       := /bin/bash
GO          ?= go
RELEASE     ?=
CACHE       := $(CURDIR)/.cache
NODE        := $(CURDIR)/.ci/node
# The Matrix server of the tests takes minutes to build: each user keeps it, for all clones.
DENDRITE    := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/amtsbote/dendrite-$(shell sed -n 's|^require github.com/element-hq/dendrite ||p' .ci/dendrite/go.mod)
# Its licence is for evaluation: it is in no lock file, and only make playground installs it.
PLAYGROUND_VERSION := 0.2.28
PLAYGROUND  := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/amtsbote/playground-$(PLAYGROUND_VERSION)
PACKAGES    := dovecot-imapd dovecot-lmtpd postfix openssl poppler-utils tesseract-ocr tesseract-ocr-deu chromium fonts-dejavu-core nodejs npm gcc libc6-dev
STATICCHECK := honnef.co/go/tools/cmd/staticcheck
# goolm: Matrix's encryption in Go, without the C library.
# nodynamic: without cgo the HEIC decoder would load a shared library if it found
# one; that keeps the sandbox of the children from closing.
# In the environment, so that vet, linters and the go that tests call have them too.
TAGS        := goolm,nodynamic
export GOFLAGS := $(strip $(GOFLAGS) -tags=$(TAGS))
TESTFLAGS   ?= -race -shuffle=on
export AMTSBOTE_TEST_NODE := $(NODE)
export AMTSBOTE_TEST_DENDRITE := $(DENDRITE)

.PHONY: demo build test servers eval test-unit test-mail test-matrix test-teams test-web test-e2e test-faults playground bench check fmt vet lint packages node dendrite clean

demo:
	@command -v $(GO) >/dev/null || { echo "Go 1.26 or newer is needed: https://go.dev/dl/"; exit 1; }
	@echo "Fetching modules and compiling: about one to three minutes the first time, then seconds."
	@echo "No way out to proxy.golang.org? Set GOPROXY to your house's module proxy (go help goproxy)."
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/amtsbote ./cmd/amtsbote
	@exec bin/amtsbote demo

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.release=$(RELEASE)' -o bin/amtsbote ./cmd/amtsbote

test: packages node dendrite
	$(GO) test $(TESTFLAGS) -timeout 20m ./...
	@$(MAKE) --no-print-directory servers

# Which real servers and programs the tests use. Where AMTSBOTE_TEST_NO_SKIP is
# set, as in CI, the tests fail without them.
servers:
	@echo "real servers and programs: Dovecot $$(/usr/sbin/dovecot --version 2>/dev/null || echo missing), \
	Postfix $$(/usr/sbin/postconf -d -h mail_version 2>/dev/null || echo missing), \
	$$(chromium --version 2>/dev/null || echo Chromium missing), \
	$$(tesseract --version 2>/dev/null | head -n 1 || echo tesseract missing), \
	$$(pdftotext -v 2>&1 | head -n 1), Node $$(node --version 2>/dev/null || echo missing), \
	aimock $$(node -p 'require("$(NODE)/node_modules/@copilotkit/aimock/package.json").version' 2>/dev/null || echo missing), \
	Dendrite $$($(DENDRITE)/dendrite -version 2>/dev/null || echo missing), \
	matrix-js-sdk $$(node -p 'require("$(NODE)/node_modules/matrix-js-sdk/package.json").version' 2>/dev/null || echo missing), \
	Microsoft's app-manifest $$(node -p 'require("$(NODE)/node_modules/@microsoft/app-manifest/package.json").version' 2>/dev/null || echo missing)" | tr -d '\t'

# The starter set, or SET=folder, on the built-in engine or the model that
# AMTSBOTE_MODEL_URL names. Every case that can run here must pass.
eval:
	@mkdir -p $(CACHE)
	@CGO_ENABLED=0 $(GO) run ./cmd/amtsbote eval --strict --save $(CACHE)/eval.json $(SET)

test-unit:
	$(GO) test $(TESTFLAGS) ./bots ./storage ./skills/... ./connectors/render ./connectors/eml ./connectors/connectortest

test-mail: packages
	$(GO) test $(TESTFLAGS) -timeout 20m ./connectors/mail/... ./connectors/eml ./skills/letter/... ./skills/draft
	$(GO) test $(TESTFLAGS) -timeout 20m -run 'Mail|MSG|TNEF|Sign|Sealed|CMS|Calendar|Invitation|HTML|Hostile' ./skills/document
	$(GO) test $(TESTFLAGS) -timeout 20m -run 'Mail' ./cmd/amtsbote

test-matrix: PACKAGES := nodejs npm gcc libc6-dev
test-matrix: packages node dendrite
	$(GO) test $(TESTFLAGS) -timeout 20m ./connectors/matrix/... ./skills/catchup
	$(GO) test $(TESTFLAGS) -timeout 20m -run 'Matrix' ./cmd/amtsbote

test-teams: PACKAGES := nodejs npm
test-teams: packages node
	$(GO) test $(TESTFLAGS) -timeout 20m ./connectors/teams/... ./skills/catchup
	$(GO) test $(TESTFLAGS) -timeout 20m -run 'Teams|OldTokens' ./cmd/amtsbote

test-web: packages node
	$(GO) test $(TESTFLAGS) ./connectors/web ./connectors/render
	$(GO) test $(TESTFLAGS) -run 'Web' ./cmd/amtsbote

test-e2e: packages
	$(GO) test $(TESTFLAGS) -timeout 20m ./cmd/amtsbote

# The fault tests in their long form: ten kills of the daemon while 500 letters come.
test-faults: packages node dendrite
	AMTSBOTE_TEST_FAULTS=1 AMTSBOTE_TEST_ROUNDS=40 $(GO) test $(TESTFLAGS) -timeout 30m -run 'Fault|Kill|Crash|TestMail|TestReal' ./bots ./storage ./connectors/mail ./connectors/matrix/... ./cmd/amtsbote

playground: PACKAGES := nodejs npm chromium fonts-dejavu-core
playground: packages node $(PLAYGROUND)/.ready
	AMTSBOTE_TEST_PLAYGROUND=$(PLAYGROUND) $(GO) test -count=1 -v -run '^TestPlayground$$' ./connectors/teams

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# What tests need from Debian. Without root it says what is missing; the tests
# that need it are then skipped, except in CI.
packages:
	@missing=; for p in $(PACKAGES); do \
	  [ $$p = nodejs ] && command -v node >/dev/null && continue; \
	  [ $$p = npm ] && command -v npm >/dev/null && continue; \
	  dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing:$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
	  echo "Some tests will be skipped. To run them install:$$missing"; \
	fi

node: $(NODE)/node_modules/.ready

$(NODE)/node_modules/.ready: $(NODE)/package-lock.json
	@if command -v npm >/dev/null; then cd $(NODE) && npm ci --silent --no-audit --no-fund && touch node_modules/.ready; \
	else echo "Some tests will be skipped. To run them install: npm"; fi

$(PLAYGROUND)/.ready:
	@echo "installing Microsoft's Agents Playground $(PLAYGROUND_VERSION), whose licence is for evaluation: $(PLAYGROUND)"
	@mkdir -p $(PLAYGROUND) && npm install --silent --no-audit --no-fund --ignore-scripts --no-save --prefix $(PLAYGROUND) @microsoft/m365agentsplayground@$(PLAYGROUND_VERSION) && touch $@

dendrite: $(DENDRITE)/dendrite

# Its SQLite is C. The program comes last: where it is, all is there.
$(DENDRITE)/dendrite:
	@if command -v gcc >/dev/null; then \
	  echo "building Dendrite, a Matrix server for the tests: minutes, once"; \
	  mkdir -p $(DENDRITE) && tmp=$$(mktemp -d $(DENDRITE)/build.XXXXXX) && trap 'rm -rf $$tmp' EXIT && \
	  (cd .ci/dendrite && CGO_ENABLED=1 $(GO) build -o $$tmp/ github.com/element-hq/dendrite/cmd/{generate-keys,create-account,dendrite}) && \
	  for p in generate-keys create-account dendrite; do mv $$tmp/$$p $(DENDRITE)/$$p || exit 1; done; \
	else echo "Some tests will be skipped. To run them install: gcc libc6-dev"; fi

check: fmt vet lint test
	@git diff --exit-code || { echo "the tree has changed"; exit 1; }

fmt:
	@out=$$(gofmt -l .); [ -z "$$out" ] || { echo "not gofmt-clean:"; echo "$$out"; exit 1; }

vet:
	$(GO) vet ./...

lint:
	$(GO) tool -modfile=.ci/tools/go.mod staticcheck ./...
	@$(GO) tool -modfile=.ci/tools/go.mod govulncheck ./... || { [ $$? = 1 ] && echo "govulncheck: the vulnerability database cannot be reached from here"; }

clean:
	rm -rf bin $(CACHE) $(NODE)/node_modules
