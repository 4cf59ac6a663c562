# `make lint`: layout, clang-tidy, cppcheck, sizes. A file that passed is not looked at again until it, a header of its
# own, or the rules change.
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
CPPCHECK ?= cppcheck
LINTED_C := $(sort $(C_SOURCES))
LINTED_LAYOUT := $(sort $(C_SOURCES) $(CXX_SOURCES) $(wildcard include/onus/*.h src/*/*.h tests/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch]))
LINT_FLAGS := -std=c17 $(CPPFLAGS) -Wall -Wextra -Wno-unused-value

.PHONY: lint lint-format lint-tidy lint-cppcheck lint-size format
lint: lint-format lint-size lint-tidy lint-cppcheck ## Layout, clang-tidy, cppcheck, sizes of functions and files

$(BUILD)/lint/%.layout: % .clang-format
	@mkdir -p $(@D)
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $< && touch $@
lint-format: $(patsubst %,$(BUILD)/lint/%.layout,$(LINTED_LAYOUT))

format: ## Lays out every source as .clang-format says
	$(Q)$(CLANG_FORMAT) -i $(LINTED_LAYOUT)

$(BUILD)/lint/%.tidy: %.c .clang-tidy
	$(say) TIDY $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINT_FLAGS) -MM -MP -MT $@ -MF $(@:.tidy=.d) $<
	$(Q)$(CLANG_TIDY) --quiet $< -- $(LINT_FLAGS) -DONUS_VERSION='"lint"' 2>$@.log || { cat $@.log >&2; exit 1; }
	$(Q)touch $@
lint-tidy: $(patsubst %.c,$(BUILD)/lint/%.tidy,$(LINTED_C))

$(BUILD)/lint/cppcheck: $(LINTED_C) $(wildcard include/onus/*.h src/*/*.h) tools/cppcheck.txt
	$(say) CPPCHECK src
	@mkdir -p $(@D)/cppcheck-cache
	$(Q)$(CPPCHECK) --quiet -j2 --error-exitcode=1 --std=c17 --enable=warning,performance,portability --inline-suppr \
	  --suppressions-list=tools/cppcheck.txt --cppcheck-build-dir=$(@D)/cppcheck-cache -Iinclude -Isrc -D_GNU_SOURCE \
	  --library=tools/cppcheck.cfg \
	  $(LINTED_C)
	$(Q)touch $@
lint-cppcheck: $(BUILD)/lint/cppcheck

# clang-tidy bounds functions (70 lines); this bounds files.
lint-size:
	$(Q)wc -l $(LINTED_LAYOUT) | awk '$$2 != "total" && $$1 > 800 {print $$2 ": " $$1 " lines, more than 800"; bad = 1} END {exit bad}'

compile_commands.json: Makefile $(LINTED_C) ## For editors and clangd
	$(Q)sh tools/compile_commands.sh '$(CC) $(LINT_FLAGS) -DONUS_VERSION=0' $(LINTED_C) > $@

-include $(shell find $(BUILD)/lint -name '*.d' -type f 2>/dev/null)
