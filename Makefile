# `make test` needs Go and nothing else; what another target needs stands beside it.
GO    ?= go
# Debian: gcc-mingw-w64-x86-64-posix. Only etl/live needs a C compiler.
MINGW ?= x86_64-w64-mingw32-gcc-posix
FUZZCOUNT ?= 2000x
# Set to give every target the same say, for instance -count=1.
TESTFLAGS ?=

MINGW_ENV = GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=$(MINGW)
# github.com/Velocidex/etw has no checksum-database entry; go.sum holds its
# hash. Only tidy, which looks at modules go.sum does not pin, has to be told.
TIDY_ENV  = GONOSUMDB=github.com/Velocidex/etw
# axe-core is pinned, with its hash, in the lock file beside package.json.
AXE = .ci/page/node_modules/axe-core/axe.min.js
# What reads bytes of strangers: on 32 bits too.
PARSERS = ./etl/... ./evtx/... ./netstatparse/... ./cmd/internal/bundle/... ./cmd/internal/filter ./report/facts
# Programs of the build; a folder with a dot is no part of ./...
TOOLS = ./.ci/skips ./.ci/mutants ./.ci/dist
# For tools whose only good answer is none: what they print is a failure too.
empty = out=$$($(1)) && [ -z "$$out" ] || { printf '%s\n' "$$out"; exit 1; }

.PHONY: help test page web lake k8s wine collect dist dist-twice soak lint race fuzz cross bench golden provenance licences regress vulns mutants slow ci
.DEFAULT_GOAL := help

help:
	@echo 'make test        all tests, the corpus among them; needs Go only'
	@echo 'make page        the tests of the pages in a browser; Debian: chromium npm poppler-utils'
	@echo 'make web         dist/portverdict.html: the analysis as a page that needs no installation'
	@echo 'make lake        the views over a lake in DuckDB; Debian: npm'
	@echo 'make k8s         the Job of the fleet under the real API server; Debian: etcd-server; some ten minutes to build'
	@echo 'make collect     the grammar of the scripts of portverdict collect and of every command for a customer; Debian: npm'
	@echo 'make dist        dist/release: what a release consists of; git; DIST_URL is where it will be found'
	@echo 'make dist-twice  the same from a clone with an empty cache has the same checksums; some minutes'
	@echo 'make soak        $(SOAK) runs under each fault; Debian: strace'
	@echo 'make wine        the Windows program under Wine; Debian: wine64 wine gcc-mingw-w64-x86-64-posix'
	@echo 'make lint        format, vet, staticcheck, fix, deadcode, tidy; $(MINGW) for the Windows half'
	@echo 'make race        all tests but the times under the race detector; a C compiler'
	@echo 'make fuzz        every fuzz target, $(FUZZCOUNT) each'
	@echo 'make cross       linux, windows, darwin without cgo; js/wasm; 386 and its parsers; windows with cgo; $(MINGW)'
	@echo 'make regress     every case of testdata/cases through the binary'
	@echo 'make bench       the table of docs/performance.md, ten pairs; openssl, 7 GiB of disk, up to an hour'
	@echo 'make golden      write the goldens again (refused when CI=true)'
	@echo 'make provenance  renew sizes and hashes in testdata/PROVENANCE.tsv (refused when CI=true)'
	@echo 'make licences    write THIRD_PARTY_LICENSES again (refused when CI=true)'
	@echo 'make vulns       known vulnerabilities in what the program calls; needs the network'
	@echo 'make mutants     changes of the rules and readers that no test notices; an hour'
	@echo 'make slow        fuzz for longer and race twenty times over; Debian: firefox-esr'
	@echo 'make ci          lint cross web test page lake collect race fuzz'

# Where everything is there a test that is skipped proves nothing: in CI it fails.
test:
ifneq ($(filter 1 true,$(CI)),)
	$(GO) test -json -timeout 15m $(TESTFLAGS) ./... | $(GO) run ./.ci/skips
else
	$(GO) test -timeout 15m $(TESTFLAGS) ./...
endif

$(AXE): .ci/page/package-lock.json
	cd .ci/page && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

page: $(AXE)
	$(GO) test -run '^TestPage' -timeout 20m $(TESTFLAGS) ./cmd/portverdict -browser

# Prints how large the file is; over its limit it is not written.
web:
	$(GO) run ./cmd/portverdict-web -o dist/portverdict.html

lake: .ci/duckdb/node_modules
	$(GO) test -run '^TestLakeInEngines$$' -timeout 5m $(TESTFLAGS) ./cmd/internal/fleet -engines duckdb

.ci/duckdb/node_modules: .ci/duckdb/package-lock.json
	cd .ci/duckdb && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Its lock names the library of this kind of machine only, which npm ci refuses.
.ci/chdb/node_modules: .ci/chdb/package-lock.json
	cd .ci/chdb && npm install --no-save --ignore-scripts --no-audit --no-fund
	@touch $@

# They run on Windows only; what can be known here is that they are of their language.
collect: .ci/collect/node_modules
	@set -e; dir=$$(mktemp -d); trap 'rm -rf $$dir' EXIT; \
	$(GO) test -count=1 -run '^(TestCases|TestCustomerCommands)$$' -timeout 10m $(TESTFLAGS) ./cmd/portverdict -commands $$dir; \
	node .ci/collect/parse.mjs cmd/portverdict/collect/collect.ps1 cmd/portverdict/collect/collect.cmd $$dir/*.cmd $$dir/*.ps1

.ci/collect/node_modules: .ci/collect/package-lock.json
	cd .ci/collect && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

DIST_URL ?= https://example.com/portverdict/
dist:
	$(GO) run ./.ci/dist -o dist/release -url $(DIST_URL)

# Another folder and another cache: what is the same in both rests on the commit and on Go.
dist-twice:
	@set -e; dir=$$(mktemp -d); trap 'chmod -R u+w $$dir; rm -rf $$dir' EXIT; \
	git clone --quiet . $$dir/clone; \
	$(GO) run ./.ci/dist -o $$dir/one -url $(DIST_URL); \
	cd $$dir/clone && GOCACHE=$$dir/cache $(GO) run ./.ci/dist -o $$dir/two -url $(DIST_URL); \
	cmp $$dir/one/SHA256SUMS $$dir/two/SHA256SUMS && wc -l < $$dir/one/SHA256SUMS && echo 'the same checksums'

# Signals, full disks, reads that fail, sources that change: what a run leaves behind.
SOAK ?= 40
soak:
	$(GO) test -run '^TestSoak$$' -v -timeout 60m ./cmd/portverdict -soak $(SOAK)

# The rules of the API server are in make slow; this runs it, with the job controller.
k8s:
	cd .ci/k8s && $(GO) test -v -timeout 60m ./cluster -cluster

# What only Windows asks for, and the same verdicts as here.
wine:
	$(GO) test -run 'Wine$$' -v -timeout 40m ./cmd/portverdict -wine

lint:
	@echo '== gofumpt'
	@$(call empty,$(GO) tool gofumpt -l . .ci)
	@echo '== vet linux'
	@GOOS=linux $(GO) vet ./... $(TOOLS)
	@$(GO) test -timeout 5m $(TOOLS)
	@echo '== vet windows'
	@GOOS=windows CGO_ENABLED=0 $(GO) vet ./...
	@echo '== vet windows with cgo'
	@$(MINGW_ENV) $(GO) vet ./...
	@echo '== vet js'
	@GOOS=js GOARCH=wasm $(GO) vet ./cmd/portverdict-web
	@echo '== staticcheck'
	@$(GO) tool staticcheck ./... $(TOOLS)
	@echo '== staticcheck js'
	@tool=$$($(GO) tool -n staticcheck) && GOOS=js GOARCH=wasm $$tool ./cmd/portverdict-web
	@echo '== staticcheck windows with cgo'
	@tool=$$($(GO) tool -n staticcheck) && $(MINGW_ENV) $$tool ./...
	@echo '== go fix -diff'
	@$(call empty,$(GO) fix -diff ./...)
	@echo '== deadcode'
	@$(call empty,$(GO) tool deadcode -test ./...)
	@echo '== tidy'
	@$(TIDY_ENV) $(GO) mod tidy -diff

# Short: the race detector makes everything ten times slower, so no time is judged.
race:
	$(GO) test -race -short -timeout 20m $(TESTFLAGS) ./...

# The targets are found, not listed: a new one is fuzzed from its first day.
fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
		targets=$$($(GO) test -list '^Fuzz' $$pkg) || { echo "$$targets"; exit 1; }; \
		for name in $$(echo "$$targets" | grep '^Fuzz' || true); do \
			echo "== $$pkg $$name"; \
			$(GO) test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZCOUNT) -timeout 30m $$pkg; \
		done; \
	done

cross:
	@set -e; for os in linux windows darwin; do for arch in amd64 arm64; do \
		echo "== build $$os/$$arch"; \
		GOOS=$$os GOARCH=$$arch CGO_ENABLED=0 $(GO) build ./...; \
	done; done
	@echo '== build js/wasm'
	@GOOS=js GOARCH=wasm $(GO) build -o /dev/null ./cmd/portverdict-web
	@echo '== build windows/amd64 with cgo'
	@$(MINGW_ENV) $(GO) build ./...
	@echo '== build linux/386 and test its parsers'
	@GOARCH=386 CGO_ENABLED=0 $(GO) build ./...
	@GOARCH=386 CGO_ENABLED=0 $(GO) test -short -timeout 15m $(PARSERS)

regress:
	$(GO) run ./cmd/portverdict regress testdata/cases

bench:
	$(GO) test -run='^$$' -bench='^BenchmarkTable$$' -benchtime=1x -timeout 3h ./cmd/portverdict

golden:
	$(GO) test -run '^(TestCases|TestFiles)$$' ./etl/etlgen ./netstatparse/textgen -update
	$(GO) test ./report/verdict -update
	$(GO) test -run '^TestGoldenReports$$' ./cmd/portverdict -update
	$(GO) run ./cmd/portverdict regress --update testdata/cases
	@$(MAKE) --no-print-directory provenance

provenance:
	$(GO) test -run '^TestEveryDataFileHasProvenance$$' . -update

licences:
	$(GO) test -run '^TestThirdPartyLicences$$' ./cmd/portverdict -update

# Where the database cannot be reached nothing is checked, and that is said.
vulns:
	@out=$$($(GO) tool govulncheck ./... 2>&1); code=$$?; printf '%s\n' "$$out"; \
	case "$$out" in *'fetching vulnerabilities'*) \
		echo 'vulns: the database of vulnerabilities could not be reached: NOTHING WAS CHECKED'; exit 0;; \
	esac; exit $$code

# Seeded, so that a run can be had again; MUTANTS may name packages and a time.
MUTANTS ?= -time 60m
mutants:
	$(GO) run ./.ci/mutants $(MUTANTS)

slow: $(AXE) .ci/duckdb/node_modules .ci/chdb/node_modules
	$(MAKE) vulns
	$(GO) test -run TestLakeInEngines -v ./cmd/internal/fleet -engines duckdb,chdb
	.ci/slurm
	.ci/container
	$(MAKE) dist-twice
	$(MAKE) soak SOAK=200
	$(MAKE) wine
	cd .ci/k8s && $(GO) test -timeout 30m .
	$(GO) test -run TestFleetOfMany -v -timeout 60m ./cmd/portverdict -bundles 1000
	$(GO) test -run TestMutants -v -timeout 60m ./evtx -mutants 50000
	$(GO) test -run TestMutants -v -timeout 60m ./cmd/internal/bundle -mutants 100000
	$(GO) test -run TestLibevtxValues -v ./evtx -libevtx
	$(GO) test -run TestDamageMakesNoAllClear -v -timeout 60m ./cmd/portverdict -damages 60
	$(GO) test -run "TestTruncated|TestFlipped" -v ./evtx/saved -stride 1
	$(GO) test -run TestRandomRecipes -v -timeout 30m ./cmd/portverdict -recipes 2000
	$(GO) test -run TestRedactedOutputsTellNothing -v -timeout 30m ./cmd/portverdict -secrets 200
	$(GO) test -run TestDriver -v -timeout 120m ./cmd/portverdict -mutants 10000
	$(GO) test -run TestCosts -v -timeout 60m ./cmd/portverdict -costs
	$(GO) test -run TestPageInFirefox -v -timeout 20m ./cmd/portverdict -firefox
	$(GO) test -run TestPageCosts -v -timeout 60m ./cmd/portverdict -browser -firefox -costs
	$(GO) test -run TestMemoryOfALongTrace -v ./cmd/portverdict -afd 50000000
	$(MAKE) fuzz FUZZCOUNT=10m
	$(GO) test -race -short -count=20 ./...

# The corpus is run once, by test.
ci:
	@set -e; start=$$(date +%s); for target in lint cross web test page lake collect race fuzz; do \
		echo "==== $$target, after $$(( $$(date +%s) - start )) s"; \
		$(MAKE) --no-print-directory $$target; \
	done; echo "==== done after $$(( $$(date +%s) - start )) s"
