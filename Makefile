# secondchair: build, run, test. `make help` lists the targets.
# On a fresh Debian 12 with git and make, as root or with sudo, `make run` is enough.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Parallel unless told otherwise.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

CC := gcc
ARGS ?=
# V=1 shows the commands themselves.
V ?= 0
quiet = $(if $(filter 0,$(V)),@printf '  %-4s %s\n' $(1) $(2); )

# ---------------------------------------------------------------- what must be installed: packages, and commands
BUILD_PACKAGES := gcc libc6-dev libmicrohttpd-dev libjansson-dev libsqlite3-dev libsodium-dev nettle-dev zlib1g-dev librandom123-dev
LINT_PACKAGES := python3 pmccabe clang clang-tidy clang-format cppcheck shellcheck
TEST_PACKAGES := $(LINT_PACKAGES) libclang-rt-14-dev libcmocka-dev sqlite3 curl jq ca-certificates
TEST_COMMANDS := node=nodejs npm=npm
ifneq ($(wildcard tests/docker/test.sh),)
TEST_PACKAGES += buildah debootstrap
endif
ifneq ($(wildcard tests/web),)
TEST_PACKAGES += chromium
endif

# $(call need,packages,command=package …): installs those that are absent, and says so; silent when none is.
need = @tests/tools/need.sh $(1) $(foreach pair,$(2),--command $(pair))

# ---------------------------------------------------------------- flags
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wvla -Wcast-qual -Wundef \
	-Wformat=2 -Werror
# Contraction is off so that a sum is the same bytes whether or not the machine has fused multiply-add.
BASE_FLAGS := -std=c17 -D_GNU_SOURCE $(WARNINGS) -ffp-contract=off -fopenmp-simd -fstack-protector-strong -fPIE \
	-Iinclude -Iserver -Ibuild/gen
LIBRARIES := -lmicrohttpd -ljansson -lsqlite3 -lsodium -lnettle -lz -lpthread -lm
LINK_FLAGS := -pie -Wl,-z,relro,-z,now -Wl,--as-needed

RELEASE_FLAGS := -g1 -D_FORTIFY_SOURCE=3
RELEASE_OPTIMISE := -O2
# Of the core: no operation is known to trap, which lets both sides of a choice be computed; wide vectors are used
# whole. Neither changes a result.
RELEASE_OPTIMISE_CORE := -O3 -fno-trapping-math -fno-math-errno -mprefer-vector-width=512
ASAN_FLAGS := -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
TSAN_FLAGS := -g -fno-omit-frame-pointer -fsanitize=thread
COVER_FLAGS := -g --coverage -fprofile-update=atomic -fprofile-abs-path

# ---------------------------------------------------------------- sources
SOURCES := $(sort $(wildcard server/*/*.c server/*/*/*.c) server/main.c)
PARTS := $(filter-out server/main.c,$(SOURCES))
CORE_OBJECTS := $(patsubst server/%.c,build/obj/%.o,$(filter server/core/%,$(PARTS)))
HEADERS := $(sort $(wildcard include/secondchair/* server/*/*.h server/*/*/*.h))

# ---------------------------------------------------------------- generated headers, there before anything compiles
GENERATED := build/gen/sc_migrations.h build/gen/sc_builtins.h build/gen/sc_assets.h
MIGRATIONS := $(sort $(wildcard schema/sql/*.sql))
build/gen/sc_migrations.h: server/store/sqlite/embed.sh $(MIGRATIONS)
	@mkdir -p $(@D)
	$(call quiet,GEN,$@)sh server/store/sqlite/embed.sh $(MIGRATIONS) >$@.new && mv $@.new $@

BUILTINS := $(sort $(wildcard schema/scenarios/*.json schema/sets/*.json))
build/gen/sc_builtins.h: server/app/embed_builtins.sh $(BUILTINS)
	@mkdir -p $(@D)
	$(call quiet,GEN,$@)sh server/app/embed_builtins.sh schema/scenarios schema/sets >$@.new && mv $@.new $@

ASSETS := $(sort $(wildcard server/web/*)) schema/openapi.json schema/observations.json
build/gen/sc_assets.h: $(ASSETS)
	@mkdir -p $(@D)
	$(call quiet,GEN,$@)sh server/web/embed.sh >$@.new && mv $@.new $@

# ---------------------------------------------------------------- flavours: build (release), build/asan, build/tsan
# $(call flavour,directory,flags,optimisation,optimisation of the core)
define flavour
$(1)/obj/core/%.o: server/core/%.c Makefile | deps $(GENERATED)
	@mkdir -p $$(@D)
	$$(call quiet,CC,$$@)$(CC) $(BASE_FLAGS) $(4) $(2) -MMD -MP -c $$< -o $$@
$(1)/obj/%.o: server/%.c Makefile | deps $(GENERATED)
	@mkdir -p $$(@D)
	$$(call quiet,CC,$$@)$(CC) $(BASE_FLAGS) $(3) $(2) -MMD -MP -c $$< -o $$@
$(1)/libsecondchair.a: $(PARTS:server/%.c=$(1)/obj/%.o)
	@rm -f $$@
	@ar rcs $$@ $$^
$(1)/secondchair: $(1)/obj/main.o $(1)/libsecondchair.a
	$$(call quiet,LINK,$$@)$(CC) $(2) $(LINK_FLAGS) $$^ $(LIBRARIES) -o $$@
-include $(SOURCES:server/%.c=$(1)/obj/%.d)
endef
$(eval $(call flavour,build,$(RELEASE_FLAGS),$(RELEASE_OPTIMISE),$(RELEASE_OPTIMISE_CORE)))
$(eval $(call flavour,build/asan,$(ASAN_FLAGS),-O1,-O1))
$(eval $(call flavour,build/tsan,$(TSAN_FLAGS),-O1,-O1))
$(eval $(call flavour,build/cover,$(COVER_FLAGS),-O1,-O1))

# The core compiled for one width of vectors alone, and for none: to compare results and speed.
# $(call width,name,flags)
define width
build/width/$(1)/core/%.o: server/core/%.c Makefile | deps $(GENERATED)
	@mkdir -p $$(@D)
	$$(call quiet,CC,$$@)$(CC) $(BASE_FLAGS) $(RELEASE_OPTIMISE_CORE) $(RELEASE_FLAGS) -DSC_ONE_WIDTH $(2) -MMD -MP -c $$< -o $$@
build/width/$(1)/secondchair: build/obj/main.o $(patsubst server/%.c,build/obj/%.o,$(filter-out server/core/%,$(PARTS))) \
		$(patsubst server/%.c,build/width/$(1)/%.o,$(filter server/core/%,$(PARTS)))
	$$(call quiet,LINK,$$@)$(CC) $(RELEASE_FLAGS) $(LINK_FLAGS) $$^ $(LIBRARIES) -o $$@
-include $(patsubst server/%.c,build/width/$(1)/%.d,$(filter server/core/%,$(PARTS)))
endef
ifeq ($(shell uname -m),x86_64)
WIDTHS := scalar x86-64 x86-64-v3 x86-64-v4
$(eval $(call width,scalar,-fno-tree-vectorize -fno-tree-slp-vectorize -fno-openmp-simd -Wno-unknown-pragmas))
$(foreach name,$(filter-out scalar,$(WIDTHS)),$(eval $(call width,$(name),-march=$(name))))
endif

# ---------------------------------------------------------------- targets
.PHONY: build built-for-test run asan tsan widths deps deps-test deps-lint units unit test lint format docs cover fuzz bench image clean help

build: build/secondchair ## build the service: build/secondchair

run: build ## install what is missing, build, and serve on http://127.0.0.1:8080 (ARGS="--port 9000 …")
	@mkdir -p data
	@exec build/secondchair serve $(ARGS)

asan: build/asan/secondchair ## build with AddressSanitizer and UndefinedBehaviorSanitizer: build/asan/secondchair

tsan: build/tsan/secondchair ## build with ThreadSanitizer: build/tsan/secondchair

deps: ## install what the build needs, where it is missing
	$(call need,$(BUILD_PACKAGES))

deps-lint: deps
	$(call need,$(LINT_PACKAGES))

deps-test: deps
	$(call need,$(TEST_PACKAGES),$(TEST_COMMANDS))

# Unit tests: each tests/unit/test_*.c is a program, linked with everything but main, under both sanitizers.
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNITS := $(UNIT_SOURCES:tests/unit/%.c=build/asan/unit/%)
UNITS_COVER := $(UNIT_SOURCES:tests/unit/%.c=build/cover/unit/%)
# $(call units,directory,flags)
define units
$(1)/unit/%: tests/unit/%.c $(1)/libsecondchair.a | deps-test
	@mkdir -p $$(@D)
	$$(call quiet,CC,$$@)$(CC) -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -ffp-contract=off -O1 $(2) \
		-Iinclude -Iserver -Ibuild/gen -Itests/unit -MMD -MP $$< $(1)/libsecondchair.a -lcmocka $(LIBRARIES) -o $$@
endef
$(eval $(call units,build/asan,$(ASAN_FLAGS)))
$(eval $(call units,build/cover,$(COVER_FLAGS)))
-include $(UNITS:=.d) $(UNITS_COVER:=.d)

# Node's packages for the tests, as their lock files name them.
NODE_PACKAGES := $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,$(wildcard tests/package-lock.json tests/*/package-lock.json))
%/node_modules/.package-lock.json: %/package-lock.json | deps-test
	$(call quiet,NPM,$*)cd $* && $(CURDIR)/tests/tools/again.sh npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json

widths: $(WIDTHS:%=build/width/%/secondchair) ## build with the core compiled for one width of vectors each: build/width/

# All that the suites of tests/tools/run-all.sh run.
built-for-test: build asan tsan units widths $(NODE_PACKAGES)

units: $(UNITS)

unit: $(UNITS) ## build and run the unit tests (T=test_name for one)
	@tests/tools/units.sh $(if $(T),build/asan/unit/$(T),$(UNITS))

test: deps-test ## install what the tests need, run them all, end with "N passed, N failed" (SUITES="unit lint" for some)
	@tests/tools/run-all.sh $(SUITES)

lint: deps-lint $(GENERATED) $(CORE_OBJECTS) ## sizes, layers, purity of the core, compilers, clang-tidy, cppcheck, format (CHECKS="sizes tidy" for some)
	@FLAGS='$(BASE_FLAGS)' tests/lint/run.sh $(CHECKS)

format: deps-lint ## format the sources
	clang-format -i $(filter %.c %.h,$(SOURCES) $(HEADERS)) $(wildcard tests/unit/*.c tests/fault/*.c)

docs: build ## write the schemas from the table of fields, and README's answers from a run
	python3 tests/docs/openapi.py build/secondchair --write
	python3 tests/docs/readme.py build/secondchair --write

cover: build/cover/secondchair $(UNITS_COVER) $(NODE_PACKAGES) ## measure which lines the tests reach
	$(call need,gcovr)
	@find build/cover -name '*.gcda' -delete
	-@tests/tools/units.sh $(UNITS_COVER) | tail -n 1
	-@python3 tests/oracle/compare.py build/cover/secondchair --count 100 | tail -n 1
	-@node tests/http/run.mjs --binary build/cover/secondchair | tail -n 1
	@gcovr --root . --filter server/ --object-directory build/cover/obj --html-details build/cover/index.html --print-summary \
		--sort-percentage build/cover/obj

fuzz: deps-test ## fuzz documents, sets, patches, numbers, requests, overrides; fail every allocation once (SECONDS_EACH=60)
	tests/fuzz/run.sh $(or $(SECONDS_EACH),60)

bench: build widths deps-test ## measure speed and memory: tables, tests/bench/results.json, README.md
	$(call need,python3-numpy valgrind)
	@python3 tests/bench/bench.py build/secondchair tests/bench/results.json
	@python3 tests/docs/readme.py --bench

image: ## build the container image, without a daemon
	$(call need,buildah debootstrap)
	@tests/docker/image.sh

clean: ## remove what was built (not data/)
	@rm -rf build 2>/dev/null || sudo rm -rf build # the image's parts belong to root

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | sort | while IFS=$$'\t' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done
