# Onus. `make help` lists the targets. One line is printed per file; V=1 shows the commands.
# Parts of it: tools/lint.mk, tools/fuzz.mk, tools/install.mk.
BUILD ?= build
CC = gcc
CXX = g++
PKG_CONFIG ?= pkg-config
SANITIZE ?=
V ?= 0
Q = $(if $(filter 1,$(V)),,@)
say = @printf '  %-8s %s\n'

comma := ,
OUT := $(BUILD)$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))

# Rooms, from the ground floor up: each may use those before it.
ROOMS := base bridge domain config ingest render notify store http app cli
C_SOURCES := $(foreach room,$(ROOMS),$(wildcard src/$(room)/*.c))
CXX_SOURCES := $(wildcard src/bridge/*.cc)

PACKAGES_base := libcjson libcrypto
PACKAGES_bridge := re2 nlohmann_json
PACKAGES_config := yaml-0.1 libical
PACKAGES_notify := libcurl
PACKAGES_store := libpq
PACKAGES_http := libmicrohttpd
PACKAGES_app := libsystemd
PACKAGES_cli := smartcols
packages = $(strip $(foreach room,$(1),$(PACKAGES_$(room))))
libs = $(if $(call packages,$(1)),$(shell $(PKG_CONFIG) --libs $(call packages,$(1))))

WARNINGS := -Wall -Wextra -Werror $(if $(findstring clang,$(CC)),-w,-Wshadow=local) -Wvla -Wformat=2 -Wundef -Wcast-qual -Wwrite-strings -Wno-missing-field-initializers
C_WARNINGS := $(WARNINGS) -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough
OPTIMIZE ?= -O2 -g
HARDEN := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
SANITIZE_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
# Headers that tools/deps.sh has unpacked, because they are wanted without what their package depends on.
DEPS ?= .deps
CPPFLAGS += $(addprefix -isystem ,$(wildcard $(DEPS)/*/usr/include))
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
CPPFLAGS += -Iinclude -Isrc -I$(OUT)/gen -D_GNU_SOURCE $(shell $(PKG_CONFIG) --cflags-only-I $(call packages,$(ROOMS)) 2>/dev/null)
CFLAGS += -std=c17 $(OPTIMIZE) $(C_WARNINGS) $(HARDEN) $(SANITIZE_FLAGS) -pthread
CXXFLAGS += -std=c++17 $(OPTIMIZE) $(WARNINGS) $(HARDEN) $(SANITIZE_FLAGS) -pthread
LDFLAGS += $(SANITIZE_FLAGS) -pthread -pie -Wl,-z,relro,-z,now

objects = $(patsubst src/%.c,$(OUT)/%.o,$(wildcard src/$(1)/*.c)) $(patsubst src/%.cc,$(OUT)/%.o,$(wildcard src/$(1)/*.cc)) $(GENERATED_$(1))
GENERATED_store = $(OUT)/gen/queries_data.o $(OUT)/gen/migrations_data.o
GENERATED_render = $(OUT)/gen/templates_data.o
archive = $(foreach room,$(1),$(OUT)/libonus_$(room).a)
# Reverse order for the linker: a room's users stand before it.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))

.PHONY: all
all: $(OUT)/onus ## Builds the program: build/onus (the default)

$(OUT)/onus: $(call archive,$(ROOMS))
	$(say) LINK $@
	$(Q)$(CXX) $(LDFLAGS) -o $@ -Wl,--start-group $(call archive,$(call reverse,$(ROOMS))) -Wl,--end-group $(call libs,$(ROOMS))

define room_rules
$(OUT)/libonus_$(1).a: $(call objects,$(1))
	$$(say) AR $$@
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

$(OUT)/%.o: src/%.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/%.o: src/%.cc
	$(say) CXX $<
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

# Few files know the version, so that a commit does not rebuild the rest.
KNOW_VERSION := $(patsubst src/%.c,$(OUT)/%.o,$(wildcard src/cli/*.c src/app/serve.c))
$(KNOW_VERSION): CPPFLAGS += -DONUS_VERSION='"$(VERSION)"'
$(KNOW_VERSION): $(OUT)/gen/version.stamp
$(OUT)/gen/version.stamp: FORCE
	@mkdir -p $(@D) && echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@
.PHONY: FORCE

$(OUT)/gen/%.o: $(OUT)/gen/%.c
	$(say) CC $<
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Text files as constants: {name, text} rows in the order of their names, ended by NULL.
$(OUT)/gen/queries_data.c: $(wildcard sql/queries/*.sql) tools/embed.sh
	$(say) EMBED $@
	$(Q)mkdir -p $(@D) && sh tools/embed.sh queries_data sql/queries > $@
$(OUT)/gen/migrations_data.c: $(wildcard sql/migrations/*.sql) tools/embed.sh
	$(say) EMBED $@
	$(Q)mkdir -p $(@D) && sh tools/embed.sh migrations_data sql/migrations > $@
$(OUT)/gen/templates_data.c: $(shell find templates -type f) tools/embed.sh
	$(say) EMBED $@
	$(Q)mkdir -p $(@D) && sh tools/embed.sh templates_data templates > $@

# Unit tests: one program a room, linked only with the rooms below it. That the pure rooms link without libpq, libcurl and
# libmicrohttpd is the proof that they are pure.
UNDER_base := base
UNDER_bridge := base bridge
UNDER_domain := base bridge domain
UNDER_config := base bridge domain config
UNDER_ingest := base bridge domain ingest
UNDER_render := base bridge domain render
UNDER_notify := base bridge domain config render notify
UNDER_http := base bridge domain ingest http
UNDER_store := base bridge domain store
UNDER_app := $(filter-out cli,$(ROOMS))
UNDER_cli := $(ROOMS)
UNIT_ROOMS := $(foreach room,$(ROOMS),$(if $(wildcard tests/unit/$(room)/*.c),$(room)))

# ThreadSanitizer and Criterion want the same addresses, so there tests/plain stands in for Criterion.
TEST_RUNNER := $(if $(findstring thread,$(SANITIZE)),$(OUT)/tests/plain/run.o)
TEST_LIBS := $(if $(TEST_RUNNER),,-lcriterion)
$(OUT)/tests/%.o: tests/%.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(if $(TEST_RUNNER),-Itests/plain) $(CFLAGS) -Wno-missing-prototypes -Wno-unused-result -MMD -MP -c -o $@ $<

# A test program: $(1) its name, $(2) its sources' folder, $(3) the rooms it links.
define test_rules
$(OUT)/tests/$(1): $(patsubst %.c,$(OUT)/%.o,$(wildcard $(2)/*.c)) $(TEST_RUNNER) $(call archive,$(3))
	$$(say) LINK $$@
	$$(Q)$$(CXX) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $(call archive,$(call reverse,$(3))) -Wl,--end-group $$(call libs,$(3)) $(TEST_LIBS)
endef
$(foreach room,$(UNIT_ROOMS),$(eval $(call test_rules,unit-$(room),tests/unit/$(room),$(UNDER_$(room)))))
$(eval $(call test_rules,run-pg,tests/pg,base bridge domain store))
# Defines malloc itself: no Criterion, no sanitizer.
FAULT_ROOMS := base bridge domain config ingest render notify
$(OUT)/tests/run-fault: $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/fault/*.c)) $(call archive,$(FAULT_ROOMS))
	$(say) LINK $@
	$(Q)$(CXX) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call libs,$(FAULT_ROOMS))
# Reads dependency specifiers for tests/oracle, which has the other reader.
$(OUT)/tests/pep508: $(OUT)/tests/oracle/pep508.o $(call archive,base bridge domain)
	$(say) LINK $@
	$(Q)$(CXX) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call libs,base bridge domain)
TEST_PROGRAMS := pep508 $(addprefix unit-,$(UNIT_ROOMS)) $(foreach folder,pg $(if $(SANITIZE),,fault),$(if $(wildcard tests/$(folder)/*.c),run-$(folder)))

# `make unit-domain` builds and runs one room's tests.
.PHONY: unit $(addprefix unit-,$(ROOMS))
unit: $(addprefix unit-,$(UNIT_ROOMS)) ## Unit tests of all rooms; `make unit-domain` those of one
$(addprefix unit-,$(ROOMS)): unit-%: $(OUT)/tests/unit-%
	$(Q)$<

.PHONY: test-pg test-fault test-programs
test-pg: $(OUT)/tests/run-pg ## Tests of the store on a real PostgreSQL
	$(Q)$<
test-fault: $(OUT)/tests/run-fault ## Tests that fail every allocation in turn
	$(Q)$<
test-programs: $(addprefix $(OUT)/tests/,$(TEST_PROGRAMS)) # all of them, without running them

# What a bare Debian 12 lacks is installed by apt-get; nothing is done when nothing is missing. `make clean` leaves $(DEPS).
.PHONY: deps deps-test deps-dev
deps: ## Installs what the build and the service need
	$(Q)DEPS=$(DEPS) sh tools/deps.sh build headers
deps-test: ## Installs what the tests need, too
	$(Q)DEPS=$(DEPS) sh tools/deps.sh build headers test
deps-dev: ## Installs what working on the code needs, too
	$(Q)DEPS=$(DEPS) sh tools/deps.sh build headers test dev

# MLflow itself, of which the tests want that it agrees.
.PHONY: mlflow
mlflow: $(BUILD)/mlflow/ready # into build/mlflow, by pip
$(BUILD)/mlflow/ready: tests/oracle/mlflow.txt
	$(say) PIP $@
	$(Q)rm -rf $(@D) && /usr/bin/python3 -m venv $(@D)
	$(Q)$(@D)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: -r $< && touch $@

LOCAL ?= $(shell sh tools/local.sh)
.PHONY: run test torture bench
run: deps ## Installs what is missing, builds, and starts the service with a PostgreSQL of its own
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)exec $(BUILD)/onus serve --config config/onus.yaml --local $(LOCAL)

test: deps-test api-tools ## Installs what is missing, builds, runs every test, and ends with the counts
	$(Q)BUILD=$(BUILD) bash tools/test.sh

torture: all ## kill -9 of the service under load, KILLS=110 times over
	$(Q)cd tests/fault && ONUS=$(abspath $(BUILD))/onus $${PYTHON:-/usr/bin/python3} -m pytest -q -s -p no:cacheprovider torture.py

bench: all ## Measures against Alertmanager; the table is docs/performance.md
	$(Q)bash tests/bench/run.sh

include tools/lint.mk tools/fuzz.mk tools/install.mk tools/api.mk

.PHONY: help
help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / {printf "  %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  V=1 shows the commands; SANITIZE=address,undefined or SANITIZE=thread builds with sanitizers, beside the rest.\n'

.PHONY: clean
clean: ## Removes what was built
	rm -rf $(BUILD)

-include $(shell find $(OUT) -name '*.d' -type f 2>/dev/null)
