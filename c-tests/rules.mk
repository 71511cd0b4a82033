# SPDX-License-Identifier: GPL-2.0-or-later
# How the C tests are built and run. A program is a file c-tests/*.c that prints TAP; each is linked twice, with the
# shared and with the static library. One that includes <linux/...> of ours and no <fsnotify/...> is of the backend
# mode, any other of the plain mode; a line "/* fsn-cflags: ... */" adds flags for a single program.

c-programs := $(patsubst c-tests/%.c,%,$(wildcard c-tests/*.c))
c-out := $(out)/c-tests
c-shared := $(c-programs:%=$(c-out)/shared/%)
c-static := $(c-programs:%=$(c-out)/static/%)
c-headers = $(shell find include c-tests -name '*.h')
c-warn := -Wall -Wextra -Werror
c-std := -std=gnu11
results := $(target)/check

# c-flags: of the program $<, whether plain or backend, and what it asks for itself
c-flags = $(if $(filter debug,$(profile)),-DFSN_TESTS_DEBUG_BUILD) -Iinclude -Ic-tests $(shell c-tests/mode $<) -pthread

# Programs are compiled anew when the compiler or the flags are others.
flags-now := $(CC) $(CFLAGS) $(LDFLAGS)
$(c-out)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(flags-now)' | cmp -s - $@ || echo '$(flags-now)' >$@

define compile-c
$(need-cc)
@mkdir -p $(@D)
$(CC) $(c-std) $(CFLAGS) $(c-warn) $(c-flags) -MMD -MP -MF $@.d -o $@ $<
endef

$(c-out)/shared/%: c-tests/%.c c-tests/mode $(c-out)/.flags $(shared) $(out)/$(soname)
	$(compile-c) $(LDFLAGS) -L$(out) -lfsnotify -Wl,-rpath,$(abspath $(out)) $(static-libs)

$(c-out)/static/%: c-tests/%.c c-tests/mode $(c-out)/.flags $(static)
	$(compile-c) $(LDFLAGS) $(static) $(static-libs)

# Plugins for the tests of dlopen(): one with the shared library beneath it, the others, which those tests do without under a
# sanitizer, with the static one inside.
archive-plugins := $(if $(findstring -fsanitize,$(CFLAGS)),,$(patsubst %,$(c-out)/life/plugin-%.so,one two bound))
life-plugins := $(c-out)/life/plugin-shared.so $(archive-plugins)
$(archive-plugins): $(static)
$(life-plugins): c-tests/life/plugin.c c-tests/mode $(c-out)/.flags $(shared) $(out)/$(soname)
	$(compile-c) -fPIC -shared $(LDFLAGS) $(if $(findstring plugin-shared,$@),\
		-L$(out) -lfsnotify -Wl$(comma)-rpath$(comma)$(abspath $(out)),$(static) $(static-libs))
$(foreach name,dlopen copies,$(c-out)/shared/$(name) $(c-out)/static/$(name)): | $(life-plugins)
comma := ,

-include $(c-shared:=.d) $(c-static:=.d) $(life-plugins:=.d)

# The parts of `make check`. Each runs alone, too; in the whole none keeps another from running.
check-parts := check-runner check-variants check-rust check-doc check-stale check-symbols check-group-symbols check-shared check-static check-indexed \
	check-link check-checkers check-install check-matrix check-treewatch
part = @c-tests/part $(results)

check:
	@rm -rf $(results)
	+@$(MAKE) --no-print-directory -k $(check-parts) || :
	@c-tests/sum $(results) $(check-parts)

# The runner itself.
check-runner:
	$(part) $@ c-tests/runner

# Under DEBUG=1 elsewhere, because cargo gives the library of the tests, which unwinds, the same name.
rust-tests := $(CARGO) test --no-fail-fast$(if $(filter debug,$(profile)), --target-dir $(target)/rust-tests)
check-rust:
	$(need-cargo)
	$(part) $@ $(rust-tests) --lib --tests

# The broken variants of check-broken: whether they still fit the source.
check-variants:
	$(part) $@ c-tests/broken/fit $(wildcard c-tests/broken/*.variant kernel/broken/*.variant)

# The doctests: among them that the wrong order of locks does not compile.
check-doc:
	$(need-cargo)
	$(part) $@ $(rust-tests) --doc

check-stale: $(generated)
	$(part) $@ c-tests/stale $< include/fsnotify/fsn/abi.h
check-headers: check-stale

check-symbols: $(shared) $(static)
	$(part) $@ packaging/symbols.sh check $(shared) $(static) $(soname)
check-group-symbols: $(group-shared) $(group-static)
	$(part) $@ packaging/symbols.sh check-group $(group-shared) $(group-static) $(group-soname)

# A program that does not compile is a failure of its own and keeps no other from running.
check-shared: $(shared) $(out)/$(soname)
	+@$(MAKE) --no-print-directory -k BUILT=1 $(c-shared) || :
	$(part) $@ c-tests/run $(c-shared)
check-static: $(static)
	+@$(MAKE) --no-print-directory -k BUILT=1 $(c-static) || :
	$(part) $@ c-tests/run $(c-static)

# The programs of the core again, with an index of the marks on every object.
indexed-tests := $(filter group notification mark connector dispatch ignore parent userwait unmount bugs plain_ops allocfail misuse \
	stress lifetime_group destroy_latency fork watch, $(c-programs))
index-everything := $(c-out)/index_everything.so
$(index-everything): c-tests/oracle/index_everything.c $(c-out)/.flags
	$(need-cc)
	@mkdir -p $(@D)
	$(CC) $(c-std) $(CFLAGS) $(c-warn) -Iinclude -fPIC -shared -o $@ $<
check-indexed: $(shared) $(out)/$(soname) $(index-everything)
	+@$(MAKE) --no-print-directory -k BUILT=1 $(indexed-tests:%=$(c-out)/shared/%) || :
	$(part) $@ env WRAPPER="env LD_PRELOAD=$(abspath $(index-everything))" c-tests/run $(indexed-tests:%=$(c-out)/shared/%)

check-link: lib group
	$(part) $@ c-tests/link/run $(out) $(static) "$(static-libs)"

# Sanitizers and valgrind beneath a program see what it does to the library's objects.
check-checkers: lib
	$(part) $@ c-tests/checkers/run $(out) $(static) "$(static-libs)"

check-install: lib group
	+@c-tests/part $(results) $@ c-tests/install/run DEBUG=$(DEBUG) CARGO_TRIPLE=$(CARGO_TRIPLE) CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)

# The headers in every language mode and order; written by hand in c-tests/headers.
check-matrix:
	$(need-cc)
	$(part) $@ c-tests/headers/matrix.sh

# The whole way, from the system's notices to a listener's queue: compared with the system's own inotify.
check-treewatch: $(treewatch)
	$(part) $@ examples/compare/run $(treewatch)

# Broken variants of the library, each of which a test must catch.
check-broken:
	$(need-cargo)
	$(need-cc)
	$(part) $@ c-tests/broken/run

# Everything in C, without running it.
c-programs: $(c-shared) $(c-static) $(treewatch)

.PHONY: check check-headers check-broken c-programs $(check-parts)
