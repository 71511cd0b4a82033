# SPDX-License-Identifier: GPL-2.0-or-later
# make bench         measures: libfsnotify against Linux's own core on the same process host, the host against pthread, malloc and
#                    liburcu, the whole against the running kernel's inotify; a table, target/bench/bench.json and plots beside it
#                    (RUNS=5; ROWS="event mark-1" chooses some; LINUX_SRC=<tree> or apt-get gives Linux's files)
# make bench-check   the same, and fails when a ratio is above its limit (BENCH_QUICK=1: the rows that take seconds, 1.5 times the limit)
# make bench-curves  the growth curves alone

bench-dir := $(target)/bench
bench-out := $(bench-dir)/bin
RUNS ?= 5

# One optimisation for all: that of the library's release profile. Both cores, the host and the harness are position-independent, in
# static archives or objects, and linked into an executable; the four files of the C core are optimised as one, as the library is.
bench-cflags := -O3 -g -fPIE
bench-core-cflags := $(bench-cflags) -flto
bench-cc = $(CC) $(c-std) $(bench-cflags) $(bench-flags) $(c-warn) -Iinclude -Ibench -Ic-tests -pthread -MMD -MP

$(bench-out)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(bench-core-cflags) $(LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(bench-core-cflags) $(LDFLAGS)' >$@

$(bench-out)/%.o: bench/%.c $(bench-out)/.flags
	$(need-cc)
	@mkdir -p $(@D)
	$(bench-cc) -MF $@.d -c -o $@ $<

# Linux's core: one object.
$(bench-out)/linux-core.o: $(oracle-shadow)/.linked $(bench-out)/.flags
	@mkdir -p $(@D)/core
	@for file in $(oracle-core); do \
		$(CC) $(c-std) $(bench-core-cflags) $(c-warn) -Wno-unused-parameter -Wno-sign-compare -Iinclude -Iinclude/fsnotify \
			-c -o $(@D)/core/$$file.o $(oracle-shadow)/fs/notify/$$file.c || exit 1; \
	done
	$(CC) $(bench-core-cflags) -r -nostdlib -flinker-output=nolto-rel -o $@ $(oracle-core:%=$(@D)/core/%.o)

# Each program of the core, twice.
bench-core-programs := core ends
bench-parts = $(bench-out)/$(1).o $(bench-out)/backend.o $(bench-out)/harness.o
define bench-program-rule
$(bench-out)/library/$(1): $(call bench-parts,$(1)) $(static)
	@mkdir -p $$(@D)
	$$(CC) -pthread -o $$@ $(call bench-parts,$(1)) $(LDFLAGS) $(static) $(static-libs)
$(bench-out)/linux/$(1): $(call bench-parts,$(1)) $(bench-out)/linux-core.o $(oracle-host)
	@mkdir -p $$(@D)
	$$(CC) -pthread -o $$@ $(call bench-parts,$(1)) $(bench-out)/linux-core.o $(LDFLAGS) $(oracle-host) $(static-libs)
endef
$(foreach program,$(bench-core-programs),$(eval $(call bench-program-rule,$(program))))

# Linux's inotify, unmodified, on a tree in memory.
bench-shadow := $(backends-out)/6.12/shadow
bench-inotify-linux := inotify_user inotify_fsnotify fdinfo
bench-inotify-memfs := memfs memfs_names memfs_files memfs_attr
bench-inotify-parts := $(bench-inotify-linux:%=$(bench-out)/inotify-linux/%.o) $(bench-inotify-memfs:%=$(bench-out)/memfs/%.o) \
	$(bench-out)/inotify.o $(bench-out)/harness.o
bench-backend-cc := $(CC) $(c-std) $(bench-cflags) $(c-warn) -Iinclude -Iinclude/fsnotify -I$(backends-dir) -I$(bench-shadow) -Ibench -pthread

$(bench-out)/inotify.o: bench/inotify.c bench/bench.h $(bench-out)/.flags $(bench-shadow)/.linked
	@mkdir -p $(@D)
	$(bench-backend-cc) -c -o $@ $<
$(bench-out)/memfs/%.o: $(backends-dir)/%.c $(bench-out)/.flags $(bench-shadow)/.linked
	@mkdir -p $(@D)
	$(bench-backend-cc) -c -o $@ $<
$(bench-inotify-linux:%=$(bench-out)/inotify-linux/%.o): $(bench-out)/inotify-linux/%.o: $(bench-out)/.flags $(bench-shadow)/.linked
	@mkdir -p $(@D)
	$(bench-backend-cc) $(kernel-c) -c -o $@ $(firstword $(wildcard $(bench-shadow)/fs/notify/inotify/$*.c $(bench-shadow)/fs/notify/$*.c))
$(bench-out)/library/inotify: $(bench-inotify-parts) $(static)
	@mkdir -p $(@D)
	$(CC) -pthread -o $@ $(bench-inotify-parts) $(LDFLAGS) $(static) $(static-libs)
$(bench-out)/linux/inotify: $(bench-inotify-parts) $(bench-out)/linux-core.o $(oracle-host)
	@mkdir -p $(@D)
	$(CC) -pthread -o $@ $(bench-inotify-parts) $(bench-out)/linux-core.o $(LDFLAGS) $(oracle-host) $(static-libs)

# The host's primitives, and what they are held against: liburcu where it is installed (Debian: liburcu-dev).
bench-urcu := $(shell echo 'int main(void) { return 0; }' | $(CC) -x c -include urcu/urcu-memb.h -o /dev/null - -lurcu-memb 2>/dev/null && echo yes)
$(bench-out)/peers.o: bench-flags += $(if $(bench-urcu),-DHAVE_URCU)
$(bench-out)/host: $(bench-out)/host.o $(bench-out)/pairs.o $(bench-out)/harness.o $(static)
	$(CC) -pthread -o $@ $(filter %.o,$^) $(LDFLAGS) $(static) $(static-libs)
$(bench-out)/peers: $(bench-out)/peers.o $(bench-out)/pairs.o $(bench-out)/harness.o
	@$(if $(bench-urcu),,echo "bench: liburcu is missing, its rows will fail (Debian: apt-get install liburcu-dev)" >&2)
	$(CC) -pthread -o $@ $^ $(LDFLAGS) $(if $(bench-urcu),-lurcu-memb)

# The running kernel.
$(bench-out)/kernel: $(bench-out)/kernel.o $(bench-out)/harness.o
	$(CC) -pthread -o $@ $^ $(LDFLAGS)

-include $(wildcard $(bench-out)/*.d)

bench-programs: $(foreach program,$(bench-core-programs) inotify,$(bench-out)/library/$(program) $(bench-out)/linux/$(program)) \
	$(bench-out)/kernel $(bench-out)/host $(bench-out)/peers

bench-run = FLAGS="C: $(CC) $(bench-core-cflags) (the files of Linux's core as one object, harness without -flto); Rust: $(profile) profile; \
	all position-independent, static archives" RUNS="$(RUNS)" ROWS="$(ROWS)" BENCH_QUICK="$(BENCH_QUICK)" \
	bench/run $(bench-out) $(bench-dir)

bench: bench-programs
	@$(bench-run)
	@bench/curves $(bench-out) $(bench-dir)

bench-curves: bench-programs
	@bench/curves $(bench-out) $(bench-dir)

# A check that cannot pass says so at once.
bench-needs-urcu:
	@$(if $(bench-urcu),,echo "bench-check: liburcu is missing (Debian: apt-get install liburcu-dev)" >&2; exit 1)

bench-check: bench-needs-urcu bench-programs
	@CHECK=1 $(bench-run)

.PHONY: bench bench-check bench-curves bench-needs-urcu bench-programs
