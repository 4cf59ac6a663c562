# `make fuzz`: libFuzzer on every parser. A target is tests/fuzz/fuzz_NAME.c; its seeds are tests/fuzz/corpus/NAME/. The
# rooms are built again by clang, beside the rest; what is found stays in build/fuzz-found/.
FUZZ_SECONDS ?= 10
FUZZ_SANITIZE := fuzzer-no-link,address,undefined
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_ROOMS := base bridge domain config ingest render notify http
FUZZ_MAKE = $(MAKE) --no-print-directory CC=clang CXX=clang++ SANITIZE=$(FUZZ_SANITIZE)

.PHONY: fuzz fuzz-programs
fuzz: fuzz-programs ## A short run of each fuzz target (FUZZ_SECONDS=10, FUZZ_TARGETS="json time")
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) bash tools/fuzz.sh $(BUILD)/sanitize-$(subst $(comma),-,$(FUZZ_SANITIZE))/fuzz $(FUZZ_TARGETS)
fuzz-programs:
	$(Q)$(FUZZ_MAKE) $(addprefix $(BUILD)/sanitize-$(subst $(comma),-,$(FUZZ_SANITIZE))/fuzz/,$(FUZZ_TARGETS))

$(OUT)/fuzz/%: $(OUT)/tests/fuzz/fuzz_%.o $(call archive,$(FUZZ_ROOMS))
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CXX) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(call archive,$(FUZZ_ROOMS)) -Wl,--end-group $(call libs,$(FUZZ_ROOMS))
.SECONDARY:
