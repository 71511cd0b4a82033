# SPDX-License-Identifier: GPL-2.0-or-later
# The oracle: group.c, notification.c, mark.c and fsnotify.c of Linux, unmodified, on this library's process host.
#
# make oracle        builds it; LINUX_SRC=<tree> or apt-get gives the source, of which nothing is kept in the repository
# make check-group   runs it on Linux's notification.c, mark.c and fsnotify.c with libfsnotify_group in place of group.c
# make check-oracle  runs the C suite of the core on it, then compares random sequences of calls on both
#                    (SEEDS=1000 CALLS=1000 FIRST_SEED=1)

oracle-dir := $(target)/oracle
oracle-out := $(oracle-dir)$(if $(CARGO_TRIPLE),/$(CARGO_TRIPLE))/$(profile)
oracle-host := $(oracle-out)/libfsnotify.a
oracle-core := group notification mark fsnotify
oracle-tests := $(filter group notification mark connector dispatch ignore parent userwait unmount bugs plain_ops allocfail many_marks \
	stress, $(c-programs))
oracle-programs := $(oracle-tests:%=$(oracle-out)/oracle/%)
oracle-objects := $(oracle-core:%=$(oracle-out)/core/%.o)
oracle-shadow := $(oracle-dir)/shadow
SEEDS ?= 1000
# of those that are run again with an index on every object
INDEXED_SEEDS ?= $(SEEDS)
CALLS ?= 1000
FIRST_SEED ?= 1

# The process host without the core.
$(oracle-host): FORCE
	$(need-cargo)
	$(need-cc)
	$(CARGO) rustc --lib $(if $(filter release,$(profile)),--release) --no-default-features --features process --crate-type staticlib \
		--target-dir $(oracle-dir) $(triple)

# Links to the kernel's files, with our private header where their quote include looks for one.
$(oracle-shadow)/.linked: c-tests/backends/shadow/all/fs/mount.h c-tests/oracle/source FORCE
	@mkdir -p $(oracle-shadow)/fs/notify
	@tree=$$(c-tests/oracle/source $(target)/linux) && \
	ln -sf $(abspath c-tests/backends/shadow/all/fs/mount.h) $(oracle-shadow)/fs/mount.h && \
	for file in $(oracle-core:%=%.c) fsnotify.h fdinfo.h; do \
		ln -sf "$$tree/fs/notify/$$file" $(oracle-shadow)/fs/notify/$$file || exit 1; \
	done && { [ "$$tree" = "$$(cat $@ 2>/dev/null)" ] || echo "$$tree" >$@; }

$(oracle-objects): $(oracle-out)/core/%.o: $(oracle-shadow)/.linked $(c-out)/.flags
	@mkdir -p $(@D)
	$(CC) $(c-std) $(CFLAGS) $(c-warn) -Wno-unused-parameter -Wno-sign-compare -Iinclude -Iinclude/fsnotify \
		-MMD -MP -MF $@.d -c -o $@ $(oracle-shadow)/fs/notify/$*.c

$(oracle-programs): $(oracle-out)/oracle/%: c-tests/%.c c-tests/mode $(c-out)/.flags $(oracle-objects) $(oracle-host)
	$(compile-c) -DORACLE $(oracle-objects) $(LDFLAGS) $(oracle-host) $(static-libs)

# group.c alone replaced: the rest of the core is Linux's.
group-tests := $(oracle-tests:%=$(oracle-out)/group-shared/%) $(oracle-tests:%=$(oracle-out)/group-static/%)
group-objects := $(filter-out %/group.o,$(oracle-objects))

$(oracle-out)/group-shared/%: c-tests/%.c c-tests/mode $(c-out)/.flags $(group-objects) $(group-shared) $(out)/$(group-soname)
	$(compile-c) -DORACLE $(group-objects) $(LDFLAGS) -L$(out) -lfsnotify_group -Wl,-rpath,$(abspath $(out)) $(static-libs)

$(oracle-out)/group-static/%: c-tests/%.c c-tests/mode $(c-out)/.flags $(group-objects) $(group-static)
	$(compile-c) -DORACLE $(group-objects) $(LDFLAGS) $(group-static) $(static-libs)

-include $(group-tests:=.d)
-include $(oracle-objects:=.d) $(oracle-programs:=.d)

# The differential test: one program, linked with each, and what compares them.
oracle-c := $(CC) $(c-std) $(CFLAGS) $(c-warn) -Iinclude -pthread -MMD -MP
$(oracle-out)/random/library: c-tests/oracle/random.c $(c-out)/.flags $(static)
	$(need-cc)
	@mkdir -p $(@D)
	$(oracle-c) -MF $@.d -o $@ $< $(LDFLAGS) $(static) $(static-libs)

# The same with an index on every object.
$(oracle-out)/random/indexed: c-tests/oracle/random.c c-tests/oracle/index_everything.c $(wildcard c-tests/oracle/*.h) $(c-out)/.flags $(static)
	$(need-cc)
	@mkdir -p $(@D)
	$(oracle-c) -MF $@.d -o $@ $(filter %.c,$^) $(LDFLAGS) $(static) $(static-libs)

$(oracle-out)/random/oracle: c-tests/oracle/random.c $(c-out)/.flags $(oracle-objects) $(oracle-host)
	@mkdir -p $(@D)
	$(oracle-c) -MF $@.d -o $@ $< $(oracle-objects) $(LDFLAGS) $(oracle-host) $(static-libs)

$(oracle-out)/random/compare: c-tests/oracle/compare.c $(c-out)/.flags
	@mkdir -p $(@D)
	$(CC) $(c-std) $(CFLAGS) $(c-warn) -o $@ $< $(LDFLAGS)

-include $(oracle-out)/random/library.d $(oracle-out)/random/oracle.d

oracle: $(oracle-objects) $(oracle-host)

check-oracle:
	+@if c-tests/oracle/source $(target)/linux >/dev/null; then \
		$(MAKE) --no-print-directory -k check-oracle-suite check-oracle-random; \
	elif [ "$${CI-}" = true ]; then \
		exit 1; \
	else \
		echo "check-oracle: SKIPPED"; \
	fi

check-oracle-suite:
	+@$(MAKE) --no-print-directory -k $(oracle-programs) || :
	@WRAPPER=c-tests/oracle/expect c-tests/run $(oracle-programs)

check-group:
	+@if c-tests/oracle/source $(target)/linux >/dev/null; then \
		$(MAKE) --no-print-directory check-group-suite; \
	elif [ "$${CI-}" = true ]; then \
		exit 1; \
	else \
		echo "check-group: SKIPPED"; \
	fi

check-group-suite: $(group-shared) $(group-static) $(oracle-objects)
	+@$(MAKE) --no-print-directory -k BUILT=1 $(group-tests) || :
	@GROUP=1 WRAPPER=c-tests/oracle/expect c-tests/run $(group-tests)

check-oracle-random: $(oracle-out)/random/library $(oracle-out)/random/indexed $(oracle-out)/random/oracle $(oracle-out)/random/compare
	$(oracle-out)/random/compare $(oracle-out)/random/library $(oracle-out)/random/oracle $(SEEDS) $(CALLS) $(FIRST_SEED)
	$(oracle-out)/random/compare $(oracle-out)/random/indexed $(oracle-out)/random/oracle $(INDEXED_SEEDS) $(CALLS) $(FIRST_SEED)

.PHONY: oracle check-group check-group-suite check-oracle check-oracle-suite check-oracle-random
