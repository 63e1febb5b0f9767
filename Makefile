# SPDX-License-Identifier: MIT
# One Makefile for everything. `make run` and `make test` are the two commands to know; `make help`
# lists the others. Objects go to build/<variant>/, generated sources to build/gen/.
#
#   DEBUG=1                       -Og, -Werror, assertions (variant "debug"; `make debug` is short for it)
#   SANITIZE=address,undefined    with these sanitizers
#   SWITCH=1                      dispatch by switch instead of computed goto
#   FAULTS=1                      system calls can be made to fail (runtime/faults.h)
#   STATIC=1                      PCRE2 and libm linked in, not opened when they are needed
#   PROFILE=no                    the plain build without the profile of a training run
#   CC=clang                      a variant of its own, beside gcc's
#   GC_STRESS=n                   tests run with a collection at every n-th checkpoint
#   ONLY=text                     `make test` runs only the scripts whose path contains text

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# V=1 shows whole command lines.
say = $(if $(V),,@echo '  $(1)' >&2;)

ifeq ($(origin CC),default)
CC := gcc
endif
CXX ?= g++
ifeq ($(origin CXX),default)
CXX := g++
endif
PREFIX ?= /usr/local
PYTHON ?= python3.13
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
FILE ?= examples/hello.aio
UNICODE_DIR ?= /usr/share/unicode

# --- variant ------------------------------------------------------------------------------------

comma := ,
empty :=
space := $(empty) $(empty)
variant := $(if $(DEBUG),debug,release)
ifneq ($(SANITIZE),)
variant := $(subst $(space),-,$(strip $(if $(DEBUG),debug) $(subst $(comma),-,$(SANITIZE))))
endif
ifneq ($(SWITCH),)
variant := $(variant)-switch
endif
ifneq ($(FAULTS),)
variant := $(if $(filter release,$(variant)),faults,$(variant)-faults)
endif
ifneq ($(TRAIN),)
variant := train
endif
ifeq ($(findstring clang,$(CC)),clang)
variant := $(variant)-clang
endif
# The plain build is optimised by a profile: an instrumented one (build/train) runs scripts/train first, once in a build
# folder. PROFILE=no does without. What the training does not run is compiled for size.
PROFILE ?= $(if $(filter release,$(variant)),yes,no)
O := build/$(variant)
GEN := build/gen
# The plain build is what people look for first: build/aio and build/libaiovm.a.
OUT := $(if $(filter release,$(variant)),build,$(O))
AIO := $(OUT)/aio
LIB := $(OUT)/libaiovm.a

# --- flags --------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla -Wwrite-strings
CWARN := $(WARN) -Wstrict-prototypes -Wmissing-prototypes
# Nothing unwinds through our frames (errors are return values), so tables for that would be 330 KB for nobody.
OPT := -O2 -g -DNDEBUG -fno-asynchronous-unwind-tables -fno-unwind-tables -ffunction-sections
ifneq ($(SANITIZE),)
OPT := -O1 -g -fno-omit-frame-pointer -DAIO_DEBUG
SAN := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
endif
ifneq ($(DEBUG),)
OPT := -Og -g -Werror -DAIO_DEBUG
endif
ifeq ($(PROFILE)$(TRAIN),yes)
TRAINED := build/profile/trained
# Sources may have changed since the training.
PROFILING := -fprofile-use -fprofile-correction -Wno-missing-profile -Wno-coverage-mismatch
endif
ifneq ($(TRAIN),)
PROFILING := -fprofile-generate -fprofile-update=prefer-atomic
SAN := -fprofile-generate
endif
# By these names a profile and its functions are found, in both builds.
profiling = $(if $(PROFILING),$(PROFILING) -dumpbase build/profile/$(1).c -dumpbase-ext .c)
ifneq ($(SWITCH),)
OPT += -DAIO_SWITCH_DISPATCH
endif
ifneq ($(FAULTS),)
OPT += -DAIO_FAULTS
endif
BASE_FLAGS := -std=c11 -D_GNU_SOURCE -I. -Ibuild -fno-math-errno $(OPT) $(SAN)
# Without OpenSSL's headers everything but the module ssl is built.
OPENSSL := $(shell printf '\#include <openssl/ssl.h>' | $(CC) -E - > /dev/null 2>&1 && echo yes)
BASE_FLAGS += $(if $(OPENSSL),-DHAVE_OPENSSL) $(if $(STATIC),-DAIO_STATIC)
FLAGS := $(BASE_FLAGS) $(CWARN) -fvisibility=hidden
GRAMMAR_FLAGS := -DNDEBUG -Wno-unused-parameter -Wno-unused-variable -Wno-missing-prototypes
LDFLAGS_ALL := $(SAN) $(LDFLAGS)
# PCRE2 is opened when a script compiles its first pattern, libm when one needs it; or they are linked in.
PCRE2_LIB = $(if $(STATIC),$(shell $(CC) -print-file-name=libpcre2-8.a))
HOST_LIBS := $(if $(STATIC),-lm) -lpthread
LDLIBS = $(PCRE2_LIB) $(HOST_LIBS)
CHECK_CFLAGS = $(shell pkg-config --cflags check)
CHECK_LIBS = $(shell pkg-config --libs check)
# Check's assertion macros end in a NULL that no format asks for.
TEST_FLAGS = $(filter-out -DNDEBUG,$(FLAGS)) -Wno-format-extra-args $(CHECK_CFLAGS)
ifeq ($(findstring clang,$(CC)),clang)
TEST_FLAGS += -Wno-gnu-zero-variadic-macro-arguments
endif
VERSION = $(shell awk '/define AIOVM_VERSION_(MAJOR|MINOR|PATCH)/ { v = v s $$3; s = "." } END { print v ? v : "0.0.0" }' \
            include/aiovm.h 2>/dev/null)

# --- sources ------------------------------------------------------------------------------------

LEXER_SRC := $(wildcard lexer/*.c)
PARSER_SRC := $(wildcard parser/*.c)
CODEGEN_SRC := $(wildcard parser/codegen/*.c)
VM_SRC := $(wildcard vm/*.c vm/*/*.c)
CLI_SRC := $(wildcard runtime/cli/*.c)
RUNTIME_SRC := $(filter-out $(CLI_SRC),$(wildcard runtime/*.c runtime/*/*.c))
STDLIB_SRC := $(wildcard stdlib/*.c stdlib/*/*.c)
STDLIB_SRC := $(if $(OPENSSL),$(STDLIB_SRC),$(filter-out stdlib/ssl/%,$(STDLIB_SRC)))
STDLIB_AIO := $(sort $(shell find stdlib -name '*.aio' 2>/dev/null))
TABLES := $(patsubst scripts/gen_%.c,%,$(wildcard scripts/gen_*.c))

objs = $(patsubst %.c,$(O)/%.o,$(1))
LEXER_OBJ := $(call objs,$(LEXER_SRC)) $(if $(wildcard lexer/scan.re),$(O)/gen/scan.o)
PARSER_OBJ := $(call objs,$(PARSER_SRC)) $(if $(wildcard parser/grammar.y),$(O)/gen/grammar.o)
CODEGEN_OBJ := $(call objs,$(CODEGEN_SRC))
VM_OBJ := $(call objs,$(VM_SRC)) $(TABLES:%=$(O)/gen/%_tables.o)
RUNTIME_OBJ := $(call objs,$(RUNTIME_SRC)) $(O)/gen/embedded.o
STDLIB_OBJ := $(call objs,$(STDLIB_SRC))
CLI_OBJ := $(call objs,$(CLI_SRC))
# Large tables come last, so that what a start reads lies together.
BIG_OBJ := $(TABLES:%=$(O)/gen/%_tables.o) $(O)/gen/embedded.o
LIB_OBJ := $(LEXER_OBJ) $(PARSER_OBJ) $(CODEGEN_OBJ) $(VM_OBJ) $(RUNTIME_OBJ) $(STDLIB_OBJ)
LIB_OBJ := $(filter-out $(BIG_OBJ),$(LIB_OBJ)) $(BIG_OBJ)
GENERATED := $(if $(wildcard parser/grammar.y),$(GEN)/token_codes.h) $(if $(wildcard parser/mistakes.peg),$(GEN)/mistakes_tables.h) $(TABLES:%=$(GEN)/%_tables.c)

.PHONY: all help run debug unit test test-all check-layers check-symbols check-header check-stdlib lint regold mutate \
        fuzz fuzz-library fuzzdiff bench netbench children faults docs install clean deps
all: $(AIO) $(LIB)

help:
	@echo "make [all]          build/aio and build/libaiovm.a"
	@echo "make run            run examples/hello.aio; FILE=x.aio ARGS='a b' for another script"
	@echo "make test           build and run every test; ONLY=text for some scripts"
	@echo "make unit           the unit tests alone; UNIT=vm for those of one folder"
	@echo "make test-all       the tests in every variant"
	@echo "make debug          build/debug/aio: assertions, -Werror"
	@echo "make lint           check-layers, check-symbols, check-header and the text of the sources"
	@echo "make mutate         run random mutations of the examples: nothing may crash (COUNT= SEED=)"
	@echo "make fuzz           libFuzzer on source text (clang; FUZZ_TIME= seconds)"
	@echo "make fuzz-library   libFuzzer on each parser of the library (FUZZ_TIME= ONLY=)"
	@echo "make fuzzdiff       random programs, aio against CPython 3.13 (PYTHON= COUNT= SEED= ONLY=)"
	@echo "make bench          compare with other interpreters (ROUNDS= ONLY= PEERS= JSON=)"
	@echo "make faults         the I/O tests while system calls fail now and then"
	@echo "make netbench       servers' CPU time for a message, beside a server in C"
	@echo "make children       ten thousand child processes: nothing may be left of them (COUNT=)"
	@echo "make regold         write expected outputs with CPython 3.13 (PYTHON=)"
	@echo "make docs           docs/opcodes.md and docs/stdlib.md"
	@echo "make install        PREFIX=$(PREFIX), DESTDIR="
	@echo "make clean"

# The parser runs in all of the training, and is no place where programs spend their time; nor are what asks the system, starts
# up, or describes.
ifeq ($(DEBUG)$(SANITIZE),)
SMALL := $(wildcard stdlib/posix/*.c stdlib/socket/*.c runtime/cli/*.c runtime/api/*.c) runtime/module.c runtime/typing.c \
    runtime/typing_params.c stdlib/cmath.c stdlib/gc.c stdlib/signal.c stdlib/sys.c vm/code.c vm/objects/code_type.c \
    vm/objects/exceptions.c vm/objects/memoryview.c
$(PARSER_OBJ) $(CODEGEN_OBJ) $(call objs,$(SMALL)): FLAGS += -Os
endif

# Objects are made again when the flags that made them change.
ifeq ($(filter clean help install,$(MAKECMDGOALS)),)
$(shell mkdir -p $(O) $(GEN); f=$(O)/flags; echo '$(CC) $(CFLAGS) $(FLAGS) $(PROFILING)' > $$f.$$$$; \
        cmp -s $$f.$$$$ $$f && rm -f $$f.$$$$ || mv -f $$f.$$$$ $$f; \
        f=$(GEN)/embedded.list; echo '$(STDLIB_AIO)' > $$f.$$$$; \
        cmp -s $$f.$$$$ $$f && rm -f $$f.$$$$ || mv -f $$f.$$$$ $$f)
endif

# --- generated sources --------------------------------------------------------------------------

# Conditions go to build/gen/scan_conditions.h where scan.re includes that.
RE2C_FLAGS = $(if $(shell grep -lE 'YYGETCONDITION|types:re2c|scan_conditions' lexer/scan.re),-c) \
             $(if $(shell grep -l scan_conditions.h lexer/scan.re),--type-header $(GEN)/scan_conditions.h)
$(GEN)/scan.c: lexer/scan.re
	$(call say,RE2C $<)re2c -W -Werror --no-generation-date $(RE2C_FLAGS) -o $@ $<

$(GEN)/grammar.c: parser/grammar.y
	$(call say,LEMON $<)lemon -q -d$(GEN) $<
# Changes only when the codes do: most of the front end includes it.
$(GEN)/token_codes.h: $(GEN)/grammar.c
	@cmp -s $(GEN)/grammar.h $@ || cp $(GEN)/grammar.h $@

$(GEN)/mistakes_tables.h: parser/mistakes.peg scripts/peg.awk
	$(call say,AWK $<)awk -f scripts/peg.awk $< > $@.new && mv $@.new $@

# scripts/gen_x.c is a program: gen_x UNICODE_DIR build/gen writes x_tables.c there, and headers if it likes.
$(GEN)/%_tables.c: $(GEN)/gen_%
	$(call say,GEN $@)$< $(UNICODE_DIR) $(GEN)
	@touch $@
$(GEN)/gen_unicode: vm/text/unicode_data.h
$(GEN)/gen_names: vm/text/charname_data.h
$(GEN)/gen_%: scripts/gen_%.c
	$(call say,CC $<)$(CC) -std=c11 -D_GNU_SOURCE -I. -O1 -g $(CWARN) -o $@ $< -lm
.PRECIOUS: $(GEN)/gen_% $(GEN)/%_tables.c

# The modules written in aio, compiled by the front end itself: a first-stage program for each variant.
PRECOMPILE := $(O)/precompile
PRECOMPILE_OBJ := $(call objs,scripts/precompile.c scripts/image_write.c)
$(PRECOMPILE): $(PRECOMPILE_OBJ) $(LEXER_OBJ) $(PARSER_OBJ) $(CODEGEN_OBJ) $(VM_OBJ)
	$(call say,LD $@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(HOST_LIBS)
$(O)/gen/embedded.c: $(PRECOMPILE) $(GEN)/embedded.list $(STDLIB_AIO)
	@mkdir -p $(@D)
	$(call say,PRECOMPILE stdlib)$< stdlib $(STDLIB_AIO) > $@
$(O)/gen/embedded.o: $(O)/gen/embedded.c $(O)/flags
	$(call say,CC $<)$(CC) $(FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- compile and link ---------------------------------------------------------------------------

$(O)/gen/grammar.o: $(GEN)/grammar.c $(O)/flags | $(GENERATED) $(TRAINED)
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(FLAGS) $(GRAMMAR_FLAGS) $(call profiling,gen/grammar) $(CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
$(O)/gen/%.o: $(GEN)/%.c $(O)/flags | $(GENERATED) $(TRAINED)
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(FLAGS) $(call profiling,gen/$*) $(CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
$(O)/tests/%.o: tests/%.c $(O)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(TEST_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(O)/%.o: %.c $(O)/flags | $(GENERATED) $(TRAINED)
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(FLAGS) $(call profiling,$*) $(CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

# The generated sources first: both makes would write them.
build/profile/trained: | $(GENERATED)
	@+$(MAKE) --no-print-directory TRAIN=1 build/train/aio
	$(call say,TRAIN scripts/train)rm -rf $(@D); mkdir -p $(@D); scripts/train build/train/aio
	@touch $@

# One object whose only global names are the public ones: a host may have a list_append of its own. Functions that a start
# runs lie together (scripts/startup-functions), so that it brings a quarter of the code into memory.
$(LIB): $(LIB_OBJ) scripts/startup-functions
	@rm -f $@
	$(call say,LD $@)ld -r -o $(O)/aiovm.o $(LIB_OBJ) $(PCRE2_LIB)
	@objdump -t $(O)/aiovm.o | awk 'NR == FNR { starts[$$1]; next } \
	    $$3 == "F" && $$4 ~ /^\.text\./ && $$NF in starts && !($$4 in moved) { moved[$$4]; \
	    print "--rename-section " $$4 "=.text.startup." $$NF }' scripts/startup-functions - > $(O)/startup.sections
	@objcopy --wildcard --keep-global-symbol='aiovm_*' @$(O)/startup.sections $(O)/aiovm.o
	@ar rcs $@ $(O)/aiovm.o
# Not position-independent: a start without relocations takes 5 % less.
$(AIO): $(CLI_OBJ) $(LIB)
	$(call say,LD $@)$(CC) $(if $(SAN),,-no-pie) $(LDFLAGS_ALL) -o $@ $(CLI_OBJ) $(LIB) $(HOST_LIBS)

# --- run and test -------------------------------------------------------------------------------

# The packages come first, in a make of its own, so that what follows finds them.
again = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
run:
	@scripts/deps run
	@$(again) all
	@$(AIO) $(FILE) $(ARGS)

debug:
	@$(again) DEBUG=1 all

# Each folder of tests/unit is linked with what its layer may see, and no more.
see_lexer := $(LEXER_OBJ)
see_parser := $(LEXER_OBJ) $(PARSER_OBJ)
see_vm := $(LEXER_OBJ) $(VM_OBJ)
see_codegen := $(LEXER_OBJ) $(PARSER_OBJ) $(CODEGEN_OBJ) $(VM_OBJ)
UNIT_DIRS := $(sort $(patsubst tests/unit/%/,%,$(dir $(wildcard tests/unit/*/check_*.c))))
UNIT ?= $(UNIT_DIRS)
UNIT_BIN := $(UNIT:%=$(O)/tests/unit-%)
unit_src = $(sort $(wildcard tests/unit/$(1)/*.c))

define unit_rules
$(O)/tests/unit-$(1): $(call objs,$(call unit_src,$(1))) $(O)/tests/unit-$(1)-main.o $(if $(see_$(1)),$(see_$(1)),$(LIB_OBJ))
	@rm -f $$@.a; ar rcsT $$@.a $(if $(see_$(1)),$(see_$(1)),$(LIB_OBJ))
	$$(call say,LD $$@)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(filter $(O)/tests/%,$$^) $$@.a $$(CHECK_LIBS) $$(LDLIBS)
$(O)/tests/unit-$(1)-main.c: $(call unit_src,$(1)) scripts/unit_main.sh
	@mkdir -p $$(@D)
	@scripts/unit_main.sh $(sort $(wildcard tests/unit/$(1)/check_*.c)) > $$@
$(O)/tests/unit-$(1)-main.o: $(O)/tests/unit-$(1)-main.c
	$$(call say,CC $$<)$$(CC) $$(TEST_FLAGS) $$(CFLAGS) -MMD -MP -c -o $$@ $$<
endef
$(foreach d,$(UNIT_DIRS),$(eval $(call unit_rules,$(d))))

# The runner is a tool: one for all variants, without their flags.
RUNNER := $(GEN)/runner
$(RUNNER): $(wildcard tests/runner/*.c tests/runner/*.h)
	$(call say,CC tests/runner)$(CC) -std=c11 -D_GNU_SOURCE -I. -O1 -g $(CWARN) -Wno-format-extra-args \
	    $(if $(findstring clang,$(CC)),-Wno-gnu-zero-variadic-macro-arguments) $(CHECK_CFLAGS) \
	    -o $@ $(filter %.c,$^) $(CHECK_LIBS) -lutil

# Hosts see the public header and the archive, nothing else.
HOSTS := $(patsubst %,$(O)/hosts/%,$(basename $(wildcard tests/embed/*.c tests/embed/*.cc examples/embed/*.c)))
$(O)/hosts/%: %.c $(LIB) include/aiovm.h $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) -std=c11 -Wall -Wextra -Wpedantic -Iinclude -g $(SAN) $(CFLAGS) $(LDFLAGS_ALL) -o $@ $< $(LIB) $(HOST_LIBS)
$(O)/hosts/%: %.cc $(LIB) include/aiovm.h $(O)/flags
	@mkdir -p $(@D)
	$(call say,CXX $<)$(CXX) -std=c++11 -Wall -Wextra -Wpedantic -Iinclude -g $(SAN) $(CFLAGS) $(LDFLAGS_ALL) -o $@ $< $(LIB) $(HOST_LIBS)

TEST_ENV = ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
           AIO=$(abspath $(AIO)) TEST_HOSTS=$(abspath $(O)/hosts) TEST_SANITIZE=$(SANITIZE) \
           $(if $(GC_STRESS),AIO_GC_STRESS=$(GC_STRESS))
unit: $(UNIT_BIN)
	@$(TEST_ENV) scripts/run-tests $(UNIT_BIN)

test:
	@scripts/deps test
	@$(again) test-built
.PHONY: test-built check-size
check-size: $(AIO)
	@scripts/check-size $(AIO) $(O)
test-built: all $(UNIT_BIN) $(RUNNER) $(HOSTS)
	@$(TEST_ENV) TEST_ONLY='$(ONLY)' scripts/run-tests check-header $(UNIT_BIN) $(RUNNER)

test-all:
	$(MAKE) test
	$(MAKE) DEBUG=1 test
	$(MAKE) CC=clang DEBUG=1 test
	$(MAKE) SANITIZE=address,undefined test
	$(MAKE) SWITCH=1 test
	$(MAKE) DEBUG=1 GC_STRESS=17 test

lint: check-layers check-symbols check-header check-stdlib
	@scripts/lint
check-layers:
	@awk -f scripts/layers.awk $$(find lexer parser vm runtime stdlib -name '*.[chy]' -o -name '*.re' | sort)
check-symbols: $(LIB) $(CLI_OBJ)
	@scripts/check-symbols $(LIB) $(LIB_OBJ) $(CLI_OBJ)
check-header:
	@scripts/check-header
check-stdlib: $(AIO)
	@AIO=$(abspath $(AIO)) scripts/stdlib-table check

regold: $(RUNNER)
	@PYTHON='$(PYTHON)' RUNNER=$(RUNNER) TEST_ONLY='$(ONLY)' scripts/regold
# Builds a variant of its own.
faults:
	@$(MAKE) FAULTS=1 DEBUG= SANITIZE= all
	@AIO=build/faults/aio scripts/faults
mutate: $(AIO) $(GEN)/mutate
	@$(TEST_ENV) scripts/mutate $(GEN)/mutate -n $(or $(COUNT),1000) -s $(or $(SEED),1) -j $(JOBS) $(AIO) $(FILES)
$(GEN)/mutate: scripts/mutate.c
	$(call say,CC $<)$(CC) -std=c11 -D_GNU_SOURCE -O1 -g $(CWARN) -o $@ $<
fuzzdiff: $(AIO)
	@AIO=$(abspath $(AIO)) $(PYTHON) scripts/fuzzdiff --count $(or $(COUNT),10000) --jobs $(JOBS) $(if $(SEED),--seed $(SEED)) \
	    $(if $(ONLY),--only $(ONLY))
bench: $(AIO) $(GEN)/bench
	@AIO=$(abspath $(AIO)) BENCH=$(GEN)/bench PYTHON='$(PYTHON)' ROUNDS='$(ROUNDS)' ONLY='$(ONLY)' PEERS='$(PEERS)' \
	    METRIC='$(METRIC)' JSON='$(JSON)' scripts/bench
netbench: $(AIO) $(GEN)/netbench
	@$(GEN)/netbench $(or $(ROUNDS),5) '$(ONLY)' "aio=$(AIO) {}" "CPython=$$($(PYTHON) -c 'import sys; print(sys.executable)') {}"
children: $(AIO)
	@$(AIO) scripts/children.aio $(or $(COUNT),10000)
$(GEN)/netbench: scripts/netbench.c
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $<
$(GEN)/bench: scripts/bench.c
	$(call say,CC $<)$(CC) -std=c11 -D_GNU_SOURCE -O1 -g $(CWARN) -o $@ $< -lm
# libFuzzer needs clang; the front end alone, so that an input takes microseconds.
fuzz:
	@scripts/deps ci
	@$(again) CC=clang SANITIZE=address,undefined,fuzzer-no-link build/fuzz-parse
	@mkdir -p build/corpus
	build/fuzz-parse -max_total_time=$(or $(FUZZ_TIME),60) -max_len=4096 -timeout=5 -rss_limit_mb=1024 \
	    -dict=tests/fuzz/words.dict -artifact_prefix=build/ build/corpus examples tests/lang
# FUZZ_TIME seconds for each parser of the library; ONLY="json re" names some.
FUZZ_PARSERS := $(or $(ONLY),$(shell sed -n 's/^def fuzz_\([a-z0-9_]*\).*/\1/p' tests/fuzz/library.aio))
fuzz-library:
	@scripts/deps ci
	@$(again) CC=clang SANITIZE=address,undefined,fuzzer-no-link build/fuzz-library
	@for p in $(FUZZ_PARSERS); do \
	    mkdir -p build/corpus-$$p; echo "=== $$p"; \
	    FUZZ_PARSER=$$p ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1 build/fuzz-library \
	        -max_total_time=$(or $(FUZZ_TIME),60) -max_len=512 -timeout=20 -rss_limit_mb=2048 -artifact_prefix=build/$$p- \
	        -print_final_stats=1 build/corpus-$$p tests/fuzz/seeds/$$p || exit 1; \
	done
build/fuzz-library: $(O)/tests/fuzz/fuzz_library.o $(LIB_OBJ)
	@rm -f $@.a; ar rcsT $@.a $(LIB_OBJ)
	$(call say,LD $@)$(CC) -fsanitize=address,undefined,fuzzer -fno-sanitize-recover=all -o $@ $< $@.a $(LDLIBS)
build/fuzz-parse: $(O)/tests/fuzz/fuzz_parse.o $(LEXER_OBJ) $(PARSER_OBJ) $(VM_OBJ)
	@rm -f $@.a; ar rcsT $@.a $(LEXER_OBJ) $(PARSER_OBJ) $(VM_OBJ)
	$(call say,LD $@)$(CC) -fsanitize=address,undefined,fuzzer -fno-sanitize-recover=all -o $@ $< $@.a $(LDLIBS)
docs: $(AIO)
	@scripts/docs
	@AIO=$(abspath $(AIO)) scripts/stdlib-table

install: $(AIO) $(LIB)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 755 $(AIO) $(DESTDIR)$(PREFIX)/bin/aio
	install -m 644 $(LIB) $(DESTDIR)$(PREFIX)/lib/libaiovm.a
	install -m 644 include/aiovm.h $(DESTDIR)$(PREFIX)/include/aiovm.h
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' scripts/aiovm.pc.in \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/aiovm.pc

deps:
	@scripts/deps ci
clean:
	rm -rf build

-include $(shell find $(O) -name '*.d' 2>/dev/null)
