# SPDX-License-Identifier: GPL-2.0-or-later
# Parity with the running kernel: the same operations on tmpfs and on 6.12's backends with memfs, transcripts compared.
#
# make check-parity      scenarios and random sequences: SEEDS=1000 CALLS=100 FIRST_SEED=1 PARITY="inotify dnotify fanotify";
#                        CORE=library (the default), group (Linux's core with libfsnotify_group in place of group.c) or
#                        linux (Linux's core on the process host)
#
# A scenario is operations in the language of language.h (NAME.scenarios). What may differ stands in the table `differences`.

parity-dir := $(backends-dir)/parity
parity-out := $(backends-out)/parity
CORE ?= library
PARITY ?= inotify dnotify fanotify
parity-seeds := $(if $(filter command line environment,$(origin SEEDS)),$(SEEDS),1000)
parity-calls := $(if $(filter command line environment,$(origin CALLS)),$(CALLS),100)

parity-language := language flags
parity-perform := perform instance inotify dnotify fanotify tree transcript $(parity-language)
parity-compare := compare differences script draw $(parity-language)
parity-backends := inotify_user inotify_fsnotify dnotify fanotify fanotify_user fdinfo
parity-memfs := $(patsubst %,$(backends-out)/6.12/sources/%.o,memfs memfs_names memfs_files memfs_attr memfs_fifo)

# The operations are compiled once, for both worlds.
$(parity-out)/%.o: $(parity-dir)/%.c $(backends-out)/.flags
	$(need-cc)
	@mkdir -p $(@D)
	$(CC) $(c-std) $(CFLAGS) $(c-warn) -pthread -MMD -MP -MF $@.d -c -o $@ $<
$(parity-out)/library.o: $(parity-dir)/library.c $(backends-out)/.flags
	$(need-cc)
	@mkdir -p $(@D)
	$(CC) $(c-std) $(CFLAGS) $(c-warn) -Iinclude -DFSN_LINUX_SERIES='"6.12"' -pthread -MMD -MP -MF $@.d -c -o $@ $<
-include $(wildcard $(parity-out)/*.o.d)

$(parity-out)/kernel: $(parity-perform:%=$(parity-out)/%.o) $(parity-out)/kernel.o
	$(CC) $(CFLAGS) -pthread -o $@ $^ $(LDFLAGS)

# The library's side, with the core that is asked for.
parity-objects = $(parity-perform:%=$(parity-out)/%.o) $(parity-out)/library.o $(parity-memfs) \
	$(parity-backends:%=$(backends-out)/6.12/%.o)
$(parity-out)/library: $(parity-objects) $(backends-out)/.library $(shared) $(out)/$(soname)
	$(CC) $(CFLAGS) -pthread -o $@ $(filter %.o,$^) $(LDFLAGS) -L$(out) -lfsnotify -Wl,-rpath,$(abspath $(out)) $(static-libs)
$(parity-out)/group: $(parity-objects) $(patsubst %,$(backends-out)/6.12/%.o,mark notification fsnotify) \
		$(backends-out)/.library $(group-shared) $(out)/$(group-soname)
	$(CC) $(CFLAGS) -pthread -o $@ $(filter %.o,$^) $(LDFLAGS) -L$(out) -lfsnotify_group -Wl,-rpath,$(abspath $(out)) $(static-libs)
$(parity-out)/linux: $(parity-objects) $(oracle-core:%=$(backends-out)/6.12/%.o) $(oracle-host)
	$(CC) $(CFLAGS) -pthread -o $@ $(filter %.o,$^) $(LDFLAGS) $(oracle-host) $(static-libs)
$(parity-out)/compare: $(parity-compare:%=$(parity-out)/%.o)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS)

# One test program a backend, for the runner of all C tests: the scenarios, and as many sequences as half a minute has room
# for. Once with the library, once with Linux's core and libfsnotify_group.
parity-library-tests := $(PARITY:%=$(parity-out)/tests/%)
parity-group-tests := $(PARITY:%=$(parity-out)/tests/group-%)
parity-tests := $(parity-library-tests) $(parity-group-tests)
# $(1) the core, $(2) how many sequences
parity-test = mkdir -p $(@D) && printf '\#!/bin/sh\nexec %s\n' \
	"$(parity-out)/compare $* $(parity-out)/kernel $(parity-out)/$(1) $(parity-dir) \$${PARITY_SEEDS:-$(2)} 100 1" >$@ && chmod +x $@
$(parity-library-tests): $(parity-out)/tests/%: $(parity-out)/kernel $(parity-out)/library $(parity-out)/compare
	@$(call parity-test,library,200)
$(parity-group-tests): $(parity-out)/tests/group-%: $(parity-out)/kernel $(parity-out)/group $(parity-out)/compare
	@$(call parity-test,group,50)

# The comparison itself: what it must find, it finds.
$(parity-out)/tests/runner: $(parity-dir)/runner $(parity-out)/kernel $(parity-out)/compare
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec $< $(parity-out)/compare $(parity-out)/kernel $(parity-out)/scratch\n' >$@
	@chmod +x $@

check-parity:
	+@if ! c-tests/oracle/source $(target)/linux 6.12 >/dev/null; then \
		echo "check-parity: $$([ "$${CI-}" = true ] && echo FAILED || echo SKIPPED)"; \
		[ "$${CI-}" != true ]; exit; \
	fi; \
	$(MAKE) --no-print-directory $(addprefix $(parity-out)/,kernel compare $(CORE)) && \
	for backend in $(PARITY); do \
		$(parity-out)/compare $$backend $(parity-out)/kernel $(parity-out)/$(CORE) $(parity-dir) \
			$(parity-seeds) $(parity-calls) $(FIRST_SEED) 2>$(parity-out)/$$backend.err || failed=1; \
	done; [ -z "$${failed-}" ]

.PHONY: check-parity
