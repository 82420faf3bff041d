# make run · make test · make bench · make lint
# Thin on purpose: packages come from scripts/install-packages, everything else is CMake and npm.
export CCACHE_SLOPPINESS = pch_defines,time_macros
export CCACHE_BASEDIR = $(CURDIR)
export CCACHE_NOHASHDIR = 1

.PHONY: run build deb windows packages image reproducible test bench lint fuzz soak durability mutate docs clean

## Installs, builds, checks this machine, writes sekisho-report.html, then serves the console until Ctrl+C.
run: build
	@build/sekisho check --html sekisho-report.html || [ $$? -eq 1 ]
	@build/sekisho serve

build:
	@scripts/install-packages run
	@scripts/console > build.log 2>&1 || { cat build.log; exit 1; }
	@cmake --preset release >> build.log 2>&1 || { cat build.log; exit 1; }
	@cmake --build build --target sekisho >> build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log

## The Debian packages in build/: sekisho, which is all of it, and sekisho-agent for devices.
deb: build
	@cd build && cpack > /dev/null && ls -1 sekisho*.deb

## The program for Windows, in build/windows/: what checks one PC, and the agent as a service; alone, as a zip and as an MSI.
windows: build
	@scripts/install-packages windows
	@scripts/windows
	@scripts/windows-package
	@scripts/windows-msi

## What is installed anywhere, in build/packages/: the Debian packages and the program for Windows, with their digests, an
## SBOM, and a signature where SEKISHO_SIGNING_KEY names a key. The console offers devices what they need of it.
packages: windows
	@scripts/packages

## The console as a container image (an OCI layout), in build/image/, of build/packages/.
image:
	@scripts/install-packages image
	@scripts/image

## Builds the last commit twice from nothing, in folders of different names and without a cache, and compares the packages
## byte by byte: about an hour. WHAT=agent does the small one alone. Never part of `make test`.
reproducible:
	@scripts/install-packages run test
	@scripts/reproducible $(or $(WHAT),all)

## Everything: lint, unit and end-to-end tests, under sanitizers and as released, and the fuzzers.
test:
	@scripts/install-packages run test
	scripts/test

bench:
	@scripts/install-packages run test bench
	@scripts/console
	cmake --preset release -DSEKISHO_BENCH=ON > /dev/null
	cmake --build build
	bench/run

lint:
	@scripts/install-packages run test
	scripts/lint

## Longer fuzzing than `make test` does: SECONDS for each target, 60 by default.
fuzz:
	@scripts/install-packages run test
	scripts/fuzz $(or $(SECONDS),60)

## Five years of an office by a clock of the test's, in about an hour: restarts, restores, moves.
soak: build
	cmake --build build --target server_test
	SEKISHO_LONG=1 build/server_test --gtest_filter='Soak.*'

## Kills servers under load beside a backup, a check of the log, a restore, a second server and VACUUM, a hundred times
## each on SQLite and PostgreSQL, and loses power 300 times: TIMES as often as `make test` does, 25 by default.
durability: build
	@scripts/install-packages run test
	npm --prefix tests/e2e ci --no-audit --no-fund --silent
	SEKISHO_DURABILITY=$(or $(TIMES),25) SEKISHO_BINARY=$(CURDIR)/build/sekisho scripts/with-postgres node --test tests/e2e/durability.test.mjs

## Breaks the rooms that judge and guard on purpose, SAMPLE times each (80 by default), to see whether their unit tests
## notice: for MINUTES, 60 by default, of ROOM (src/server/people, …), all by default. Never part of `make test`.
mutate:
	@scripts/install-packages run test
	@scripts/console
	scripts/with-postgres scripts/mutate --sample $(or $(SAMPLE),80) --minutes $(or $(MINUTES),60) $(ROOM)

## Writes docs/checks.md anew from data/.
docs: build
	scripts/checks-page > docs/checks.md
	scripts/cloud-settings-page > docs/cloud-settings.md

clean:
	rm -rf build web/dist web/node_modules tests/e2e/node_modules
