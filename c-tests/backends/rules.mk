# SPDX-License-Identifier: GPL-2.0-or-later
# Linux's own notification backends, unmodified: compiled against include/, linked with the shared library, and run.
#
# make check-backends                 compiles all files of both series, builds and runs the test programs
#                                     (LINUX_SRC=<6.12 tree>, LINUX_SRC_6_1=<6.1 tree>, or apt-get fetches the sources)
# make backends-compile               only compiles: BACKENDS="inotify_user fdinfo" SERIES=6.12 choose some
# make target/backends/tests/6.12/inotify     builds one test program
# make check-backends-core            runs 6.12's programs on Linux's own core (what fails there, and does not stand in
#                                     c-tests/oracle/differences, is a mistake of the test), or with CORE=group on that with
#                                     libfsnotify_group in place of group.c; PROGRAMS="inotify dnotify" chooses some
#
# A test program is a file c-tests/backends/NAME.c that says what it is made of:
#	/* fsn-backends: inotify_user inotify_fsnotify fdinfo */	the kernel's files that are linked with it
#	/* fsn-sources: memfs.c */					further files of c-tests/backends
#	/* fsn-series: 6.12 6.1 */					built and run once for each; 6.12 if the line is missing
# For 6.1 everything is compiled with -DFSNOTIFY_API_6_1. Each compiled file counts as a test, too.

backends-dir := c-tests/backends
backends-out := $(target)/backends$(if $(CARGO_TRIPLE),/$(CARGO_TRIPLE))
backends-series := 6.12 6.1

backend-core := group notification mark fsnotify fdinfo
backend-files := $(backend-core:%=fs/notify/%.c) \
	fs/notify/inotify/inotify_user.c fs/notify/inotify/inotify_fsnotify.c fs/notify/dnotify/dnotify.c \
	fs/notify/fanotify/fanotify.c fs/notify/fanotify/fanotify_user.c \
	kernel/audit_fsnotify.c kernel/audit_watch.c kernel/audit_tree.c fs/nfsd/filecache.c
backend-headers := fs/notify/fsnotify.h fs/notify/fdinfo.h fs/notify/inotify/inotify.h fs/notify/fanotify/fanotify.h \
	fs/nfsd/filecache.h
backend-names := $(basename $(notdir $(backend-files)))

BACKENDS ?= $(backend-names)
SERIES ?= $(backends-series)

api-6.12 :=
api-6.1 := -DFSNOTIFY_API_6_1

# What of -Wall -Wextra a kernel's own build leaves out, and the aliasing that all of its code is compiled for.
kernel-c := -fno-strict-aliasing -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-pointer-sign -Wno-type-limits \
	-Werror=implicit-function-declaration

# As for all C tests: anew when the compiler or the flags are others, or the library another one.
$(backends-out)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(flags-now)' | cmp -s - $@ || echo '$(flags-now)' >$@
$(backends-out)/.library: FORCE
	@mkdir -p $(@D)
	@echo '$(shared)' | cmp -s - $@ || echo '$(shared)' >$@

# The shadow tree of one series: links to the kernel's files, and ours where their quote includes look for what we write.
define backends-series-rules
$(backends-out)/$(1)/shadow/.linked: $(shell find $(backends-dir)/shadow -name '*.h') c-tests/oracle/source FORCE
	@tree=$$$$(c-tests/oracle/source $(target)/linux $(1)) && $(backends-dir)/shadow/link $$(@D) "$$$$tree" $(1) \
		$(backend-files) $(backend-headers)

$(backends-out)/$(1)/sources/%.o: $(backends-dir)/%.c c-tests/mode $(backends-out)/.flags $(backends-out)/$(1)/shadow/.linked
	@mkdir -p $$(@D)
	$$(CC) $(c-std) $(CFLAGS) $(c-warn) $$(c-flags) -I$(backends-dir) -I$(backends-out)/$(1)/shadow $(api-$(1)) -MMD -MP -MF $$@.d -c -o $$@ $$<
endef
$(foreach series,$(backends-series),$(eval $(call backends-series-rules,$(series))))

# $(1) series, $(2) the kernel's file
define backends-object-rule
$(backends-out)/$(1)/$(basename $(notdir $(2))).o: $(backends-out)/$(1)/shadow/.linked $(backends-out)/.flags
	@rm -f $$@
	$$(CC) $(c-std) $(CFLAGS) $(c-warn) $(kernel-c) $(api-$(1)) -Iinclude -Iinclude/fsnotify -MMD -MP -MF $$@.d -c -o $$@ \
		$(backends-out)/$(1)/shadow/$(2)
-include $(backends-out)/$(1)/$(basename $(notdir $(2))).o.d
endef
$(foreach series,$(backends-series),$(foreach file,$(backend-files),$(eval $(call backends-object-rule,$(series),$(file)))))

# What the programs say of themselves, as words NAME/backends/inotify_user.
backends-said := $(shell awk 'match($$0, /^\/\* fsn-(backends|sources|series):/) { \
	key = $$2; sub(/^fsn-/, "", key); sub(/:$$/, "", key); name = FILENAME; sub(/.*\//, "", name); sub(/\.c$$/, "", name); \
	for (i = 3; i < NF; i++) print name "/" key "/" $$i }' $(wildcard $(backends-dir)/*.c) /dev/null)
backends-says = $(patsubst $(1)/$(2)/%,%,$(filter $(1)/$(2)/%,$(backends-said)))
backends-programs := $(sort $(foreach said,$(backends-said),$(if $(findstring /sources/,$(said))$(findstring /backends/,$(said)),$(firstword $(subst /, ,$(said))))))

# $(1) series, $(2) program
define backends-program-rule
$(backends-out)/tests/$(1)/$(2): $(backends-out)/$(1)/sources/$(2).o \
		$(patsubst %.c,$(backends-out)/$(1)/sources/%.o,$(call backends-says,$(2),sources)) \
		$(patsubst %,$(backends-out)/$(1)/%.o,$(call backends-says,$(2),backends)) \
		$(backends-out)/.library $(shared) $(out)/$(soname)
	@mkdir -p $$(@D)
	$$(CC) $(CFLAGS) -pthread -o $$@ $$(filter %.o,$$^) $(LDFLAGS) -L$(out) -lfsnotify -Wl,-rpath,$(abspath $(out)) $(static-libs)
backends-built-$(1) += $(backends-out)/tests/$(1)/$(2)
endef
$(foreach program,$(backends-programs),$(foreach series,$(or $(call backends-says,$(program),series),6.12),\
	$(eval $(call backends-program-rule,$(series),$(program)))))
-include $(wildcard $(backends-out)/*/sources/*.o.d)

# The same programs with another core: $(1) program
backends-parts = $(backends-out)/6.12/sources/$(1).o \
	$(patsubst %.c,$(backends-out)/6.12/sources/%.o,$(call backends-says,$(1),sources)) \
	$(patsubst %,$(backends-out)/6.12/%.o,$(call backends-says,$(1),backends))
define backends-core-rule
$(backends-out)/tests/linux/$(1): $(call backends-parts,$(1)) $(oracle-core:%=$(backends-out)/6.12/%.o) $(oracle-host)
	@mkdir -p $$(@D)
	$$(CC) $(CFLAGS) -pthread -o $$@ $$(filter %.o,$$^) $(LDFLAGS) $(oracle-host) $(static-libs)
$(backends-out)/tests/group/$(1): $(call backends-parts,$(1)) \
		$(patsubst %,$(backends-out)/6.12/%.o,mark notification fsnotify) \
		$(backends-out)/.library $(group-shared) $(out)/$(group-soname)
	@mkdir -p $$(@D)
	$$(CC) $(CFLAGS) -pthread -o $$@ $$(filter %.o,$$^) $(LDFLAGS) -L$(out) -lfsnotify_group -Wl,-rpath,$(abspath $(out)) \
		$(static-libs)
endef
backends-programs-6.12 := $(foreach program,$(backends-programs),\
	$(if $(filter 6.12,$(or $(call backends-says,$(program),series),6.12)),$(program)))
$(foreach program,$(backends-programs-6.12),$(eval $(call backends-core-rule,$(program))))

# Not the library's: check-backends runs them on that.
other-core = $(if $(filter group,$(CORE)),group,linux)
PROGRAMS ?= $(backends-programs-6.12)
check-backends-core:
	+@if c-tests/oracle/source $(target)/linux 6.12 >/dev/null; then \
		$(MAKE) --no-print-directory -k $(PROGRAMS:%=$(backends-out)/tests/$(other-core)/%) || :; \
		$(if $(filter group,$(other-core)),GROUP=1) WRAPPER=c-tests/oracle/expect \
			c-tests/run $(PROGRAMS:%=$(backends-out)/tests/$(other-core)/%); \
	else \
		echo "check-backends-core: $$([ "$${CI-}" = true ] && echo FAILED || echo SKIPPED)"; \
		[ "$${CI-}" != true ]; \
	fi

# The same operations on the running kernel and on 6.12's backends.
include $(backends-dir)/parity/rules.mk
backends-built-6.12 += $(parity-tests) $(parity-out)/tests/runner

backends-compile: $(foreach series,$(SERIES),$(BACKENDS:%=$(backends-out)/$(series)/%.o))

backends-programs: $(foreach series,$(SERIES),$(backends-built-$(series)))

# One program that tells which files compiled, in the words of a test.
$(backends-series:%=$(backends-out)/%/compiled): $(backends-out)/%/compiled: FORCE
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec $(backends-dir)/compiled $(@D) $(backend-names)\n' >$@ && chmod +x $@

check-backends: $(shared) $(out)/$(soname) $(group-shared) $(out)/$(group-soname) $(backends-series:%=$(backends-out)/%/compiled)
	+@for series in $(backends-series); do \
		rm -f $(backends-out)/$$series/missing; \
		if ! c-tests/oracle/source $(target)/linux $$series >/dev/null; then \
			echo "$$series" >$(backends-out)/$$series/missing; \
			echo "check-backends: $$series: $$([ "$${CI-}" = true ] && echo FAILED || echo SKIPPED)"; \
			continue; \
		fi; \
		$(MAKE) --no-print-directory -k BUILT=1 SERIES=$$series backends-compile; \
		$(MAKE) --no-print-directory -k BUILT=1 SERIES=$$series backends-programs; \
	done
	@c-tests/run $(foreach series,$(backends-series),$(backends-out)/$(series)/compiled \
		$$([ -e $(backends-out)/$(series)/missing ] || echo "$(backends-built-$(series))"))

.PHONY: backends-compile backends-programs check-backends check-backends-core
