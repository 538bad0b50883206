# Abscope. `make demo` shows the main job, `make test` runs the tests; both set the machine up themselves.

.DEFAULT_GOAL := help
DEBUG := .build/debug
RELEASE := .build/release
# The Swift runtime is linked in, so that the programs run on a machine without a toolchain; measured is what is installed.
SWIFT_RELEASE := swift build -c release --static-swift-stdlib

.PHONY: help setup build install demo test lint format generate bench clean
.PHONY: kill powercut diskfull crowd nettest nettest-slice sanitize crash crash-slice mutants sync-mutants simulate simulate-slice fuzz

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install the system packages that are missing, where that is allowed; else say which
	@scripts/setup

build: setup ## the two programs, optimised: .build/release/abscope and abscoped
	$(SWIFT_RELEASE) --product abscope
	$(SWIFT_RELEASE) --product abscoped

PREFIX ?= /usr/local
install: build ## copy both programs, without debugging symbols, to $(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/bin
	install -s -m 755 $(RELEASE)/abscope $(RELEASE)/abscoped $(DESTDIR)$(PREFIX)/bin/

demo: setup ## two clinics, one record: import, sync over a slow link, a crash in the middle, a conflict
	swift build --product abscope
	swift build --product abscoped
	scripts/demo $(DEBUG)

# What waits for programs and sockets runs by itself: beside hundreds of tests that compute, its deadlines would pass.
WAITING := ^(EndToEnd|SyncService|CommandLine|Abscoped)Tests\.
test: setup ## every test
	swift build --build-tests
	scripts/test --parallel --skip '$(WAITING)'
	scripts/test --parallel --filter '$(WAITING)'

# Debian's Python, for which `scripts/setup conformance` installs what is needed.
CONFORMANCE_PYTHON ?= /usr/bin/python3
.PHONY: conformance
conformance: ## a second implementation, in Python from Protocol/ alone, against the vectors and real daemons
	scripts/setup conformance
	swift build --product abscope
	swift build --product abscoped
	PYTHONDONTWRITEBYTECODE=1 $(CONFORMANCE_PYTHON) Protocol/conformance/check.py --programs $(DEBUG)

HOSTILE_SECONDS ?= 60
.PHONY: hostile
hostile: ## HOSTILE_SECONDS=n: attacks on a real daemon, and random peers for n seconds; SEED=s: those again
	scripts/setup conformance
	swift build --product abscope
	swift build --product abscoped
	PYTHONDONTWRITEBYTECODE=1 $(CONFORMANCE_PYTHON) Protocol/conformance/hostile.py --programs $(DEBUG) \
		--seconds $(HOSTILE_SECONDS) $(if $(SEED),--seed $(SEED))

lint: ## formatting, import rules, generated code
	swift format lint --strict --recursive Package.swift Sources Tests Proof Benchmarks
	scripts/check-imports
	scripts/check-generated

format: ## write every Swift file as `make lint` wants it
	swift format format --in-place --recursive Package.swift Sources Tests Proof Benchmarks

generate: ## Swift from Protocol/*.proto (needs protobuf-compiler; builds the Swift plug-in)
	scripts/generate

.PHONY: bench-programs bench-log bench-sync bench-scale
bench-programs:
	scripts/setup bench
	ABSCOPE_BENCHMARKS=1 $(SWIFT_RELEASE) --product abscope-bench
	ABSCOPE_BENCHMARKS=1 $(SWIFT_RELEASE) --product abscope
	ABSCOPE_BENCHMARKS=1 $(SWIFT_RELEASE) --product abscoped

bench: bench-log bench-sync ## side by side with the peers; prints tables and writes Benchmarks/results

# BENCH=--strict ends with status 1 when a figure misses its floor; more in `abscope-bench --help`.
bench-log: bench-programs ## the log beside SQLite, LMDB, RocksDB and the raw machine
	$(RELEASE)/abscope-bench log $(BENCH)

bench-sync: bench-programs ## bootstraps beside NATS, PostgreSQL and rsync; live sync; a hub of 5,000 sites
	$(RELEASE)/abscope-bench sync $(BENCH)

bench-scale: bench-programs ## cost from 10,000 to 10,000,000 entries; draws docs/scale.svg
	$(RELEASE)/abscope-bench scale --entries 10000000
	scripts/plot-scale Benchmarks/results/scale.json docs/scale.svg

# Writers of one log, and what judges the store they leave.
LOG_WRITER := ABSCOPE_PROOF=1 swift build --product log-writer

KILLS ?= 600
kill: ## KILLS=n: writers killed at every file-system call and at random; what they acknowledged is there
	scripts/setup proof
	$(LOG_WRITER)
	Proof/kill --writer $(DEBUG)/log-writer --kills $(KILLS) $(if $(SEED),--seed $(SEED))

CUTS ?= 4
IMAGES ?= 240
powercut: ## CUTS=n IMAGES=n: power cuts on ext4 and xfs, by shutting them down and block by block (as root)
	scripts/setup proof
	$(LOG_WRITER)
	Proof/powercut --writer $(DEBUG)/log-writer --cuts $(CUTS) --images $(IMAGES) $(if $(SEED),--seed $(SEED))

STRIDE ?= 1
diskfull: ## STRIDE=n: work with 0, n, 2n and more blocks left on small disks (as root)
	scripts/setup proof
	$(LOG_WRITER)
	swift build --product abscope
	Proof/diskfull --writer $(DEBUG)/log-writer --programs $(DEBUG) --stride $(STRIDE) $(if $(SEED),--seed $(SEED))

CROWD_SECONDS ?= 60
crowd: ## CROWD_SECONDS=n: eight writers, a daemon and readers on one store, all of them killed again and again
	scripts/setup proof
	swift build --product abscope
	swift build --product abscoped
	Proof/crowd --programs $(DEBUG) --seconds $(CROWD_SECONDS) $(if $(SEED),--seed $(SEED))

NETTEST := python3 Proof/nettest $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))
nettest: build ## real daemons over thin, far and dying lines (as root); ONLY=s: one scenario; SEED=n
	scripts/setup proof
	$(NETTEST) --programs $(RELEASE)

nettest-slice: ## what CI takes of it: less of each scenario
	scripts/setup proof
	swift build --product abscope
	swift build --product abscoped
	$(NETTEST) --programs $(DEBUG) --slice

sanitize: setup ## what works with threads, memory and files, under ThreadSanitizer and AddressSanitizer; KIND=k: one of them
	scripts/setup proof
	$(if $(KIND),Proof/sanitize $(KIND),Proof/sanitize thread && Proof/sanitize address)

# What proves the log on simulated disks, and sync in a simulated network: optimised, in a folder of their own, for what is
# built for people has other settings.
PROOF := .build-proof
BUILD_PROOF := ABSCOPE_PROOF=1 swift build -c release --scratch-path $(PROOF)
PROVER := $(BUILD_PROOF) --product abscope-crash && $(PROOF)/release/abscope-crash
SIMULATOR := $(BUILD_PROOF) --product abscope-simulate && $(PROOF)/release/abscope-simulate

.PHONY: provers
provers: setup
	$(BUILD_PROOF) --product abscope-crash
	$(BUILD_PROOF) --product abscope-simulate

SEEDS ?= 10000
crash: setup ## SEEDS=n: random crashes, faults and damage on a simulated disk; SEED=s: one of them again, with its calls
	$(PROVER) $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

crash-slice: setup ## what CI takes of it: every crash of small workloads, turned bytes, a minute of today's crashes
	$(PROVER) --small
	$(PROOF)/release/abscope-crash --flips 4
	$(PROOF)/release/abscope-crash --mode crash --seeds 1000000 --seconds 60 --first $(shell date -u +%Y%m%d)00000

mutants: setup ## plant one bug after the other and see that the provers find it; PART='0 3' for a third
	scripts/mutants $(PART)

simulate: setup ## SEEDS=n: random histories of many sites in virtual time; SEED=s: one of them again, event by event
	$(SIMULATOR) $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

simulate-slice: setup ## what CI takes of it: two minutes of today's histories
	$(SIMULATOR) --seeds 1000000 --seconds 120 --first $(shell date -u +%Y%m%d)00000

sync-mutants: setup ## plant one bug of sync after the other and see that the simulation finds it; PART as above
	scripts/mutants sync $(PART)

# Optimised, with AddressSanitizer and libFuzzer's instrumentation in every module, in a folder of its own.
SECONDS ?= 600
FUZZ_BUILD := ABSCOPE_PROOF=1 swift build -c release --scratch-path .build-fuzz --sanitize fuzzer --sanitize address
fuzz: setup ## libFuzzer on all that reads bytes of others: SECONDS=n over all targets, or TARGET=t alone
	$(FUZZ_BUILD) --product abscope-fuzz
	scripts/fuzz .build-fuzz/release/abscope-fuzz $(SECONDS) $(TARGET)

clean: ## remove what was built
	rm -rf .build .build-proof .build-fuzz .build-tsan .build-asan
