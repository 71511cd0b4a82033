# SPDX-License-Identifier: GPL-2.0-or-later
# make               the shared and the static library (DEBUG=1: the dev profile), and those that replace group.c alone
# make demo          a real directory, mirrored and watched through the library
# make check         every test; ends with a line "N passed, N failed"
# make check-broken  broken variants of the library: each must be caught by a test
# make check-oracle  the C suite of the core on Linux's own C files, and random sequences of calls on both, compared
#                    (LINUX_SRC=<kernel tree>, or apt-get fetches one; SEEDS=1000 CALLS=1000 FIRST_SEED=1)
# make check-group   the same suite on Linux's mark.c, notification.c and fsnotify.c with libfsnotify_group in place of group.c
# make oracle        builds what that needs
# make check-backends  Linux's own backend files, unmodified: compiled, linked with the library, run (LINUX_SRC, LINUX_SRC_6_1 or apt-get)
# make check-parity  what they tell, compared with the running kernel: scenarios and random sequences (SEEDS=1000 CALLS=100)
# make bench         measures the library beside Linux's own core (bench/rules.mk)        make bench-check  fails where a limit is missed
# make kernel-dropin  group.c of a kernel, replaced; make check-uml, check-smp, check-lkl: in booted kernels (docs/kernel.md)
# make headers       writes the generated header anew       make check-headers  fails when it is stale
# make symbols       writes the list of exported symbols anew
# make install       DESTDIR= PREFIX=/usr/local LIBDIR=$(PREFIX)/lib       make uninstall  takes it all away
# make clean
#
# Needs cargo, a C compiler with its binutils, and make. CC, CFLAGS, LDFLAGS, AR, CARGO and CARGO_TARGET_DIR are
# respected; CARGO_TRIPLE=<target triple> builds for that target.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
CARGO ?= cargo
CFLAGS ?= -O2 -g
NM ?= nm
OBJCOPY ?= objcopy
READELF ?= readelf
TIMEOUT ?= 120
# The name of the installed file; its first number is the soname's (build.rs) and is raised when the C contract breaks.
ABI_VERSION := 1.0.0

ifeq ($(DEBUG),1)
profile := debug
cargo-build := build --lib
else
profile := release
# Without the rlib, which only Rust tests use: cargo leaves out link-time optimisation when one is wanted.
cargo-build := rustc --lib --release --crate-type cdylib --crate-type staticlib
endif

target := $(or $(CARGO_TARGET_DIR),target)
out := $(target)$(if $(CARGO_TRIPLE),/$(CARGO_TRIPLE))/$(profile)
triple := $(if $(CARGO_TRIPLE),--target $(CARGO_TRIPLE))
soname := libfsnotify.so.$(firstword $(subst ., ,$(ABI_VERSION)))
group-soname := $(soname:libfsnotify.%=libfsnotify_group.%)
shared := $(out)/libfsnotify.so
static := $(out)/static/libfsnotify.a
treewatch := $(out)/treewatch
group-dir := $(target)/group
group-out := $(group-dir)$(if $(CARGO_TRIPLE),/$(CARGO_TRIPLE))/$(profile)
group-shared := $(out)/libfsnotify_group.so
group-static := $(out)/static/libfsnotify_group.a
version := $(shell sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q;}' Cargo.toml)
# What a program linked with the static library needs besides; libgcc comes with the compiler. A shared object that has
# the library inside must stay mapped as the library's own does: its worker thread may outlive a dlclose().
static-libs := -lpthread -lrt -ldl -lm -Wl,-z,nodelete

export CC CXX AR NM OBJCOPY READELF CFLAGS LDFLAGS TIMEOUT

need-cargo := @command -v $(firstword $(CARGO)) >/dev/null || { \
	echo "make: cargo is missing: install Rust from https://rustup.rs or set CARGO" >&2; exit 1; }
need-cc := @command -v $(firstword $(CC)) >/dev/null || { \
	echo "make: a C compiler is missing: install gcc or clang, or set CC" >&2; exit 1; }

all: lib group
lib: $(shared) $(static) $(out)/$(soname)
group: $(group-shared) $(group-static) $(out)/$(group-soname)

# Cargo knows whether there is something to do, so it is always asked; the stamp moves only when the libraries did.
# BUILT=1, of a make within a make, says that it has been asked.
ifeq ($(BUILT),1)
$(out)/.built: ;
else
$(out)/.built: FORCE
	$(need-cargo)
	$(need-cc)
	$(CARGO) $(cargo-build) $(triple)
	@for lib in libfsnotify.so libfsnotify.a; do \
		[ $@ -nt $(out)/deps/$$lib ] || { touch $@; break; }; \
	done
endif

$(shared): $(out)/.built ;

$(static): $(out)/.built packaging/static.sh
	@mkdir -p $(@D)
	packaging/static.sh $(out)/deps/libfsnotify.a $(out)/deps/libfsnotify.so $@

$(out)/$(soname): $(out)/.built
	@ln -sf libfsnotify.so $@

# group.c alone: the group's part of the core with the process host; mark.c, notification.c and fsnotify.c are somebody
# else's. The same source without the feature `core`, so it is built in a directory of its own.
ifeq ($(BUILT),1)
$(group-out)/.built: ;
else
$(group-out)/.built: FORCE
	$(need-cargo)
	$(need-cc)
	$(CARGO) rustc --lib $(if $(filter release,$(profile)),--release) --no-default-features --features process,group \
		--crate-type cdylib --crate-type staticlib --target-dir $(group-dir) $(triple)
	@for lib in libfsnotify.so libfsnotify.a; do \
		[ $@ -nt $(group-out)/deps/$$lib ] || { touch $@; break; }; \
	done
endif

$(group-shared): $(group-out)/.built
	@mkdir -p $(@D)
	@cp $(group-out)/libfsnotify.so $@.new && mv -f $@.new $@

$(group-static): $(group-shared) packaging/static.sh
	@mkdir -p $(@D)
	packaging/static.sh $(group-out)/deps/libfsnotify.a $(group-shared) $@

$(out)/$(group-soname): $(group-shared)
	@ln -sf libfsnotify_group.so $@

# The generated header. A directory of its own keeps cargo from rebuilding the library for it, and a new name each time
# makes the build script run.
generated := $(target)/headers/abi.h
$(generated): FORCE
	$(need-cargo)
	@mkdir -p $(@D)
	@rm -f $(@D)/abi.*.h
	@FSN_HEADER_OUT=$(abspath $(@D))/abi.$$$$.h CARGO_TARGET_DIR=$(target)/headers $(CARGO) check --quiet --lib
	@mv $(@D)/abi.*.h $@

headers: $(generated)
	@mkdir -p include/fsnotify/fsn
	@cmp -s $< include/fsnotify/fsn/abi.h || { cp $< include/fsnotify/fsn/abi.h; echo "include/fsnotify/fsn/abi.h written"; }

symbols: $(shared)
	packaging/symbols.sh list $< >packaging/symbols.txt

include c-tests/rules.mk
include c-tests/oracle/rules.mk
include kernel/rules.mk
include c-tests/backends/rules.mk
include bench/rules.mk

$(treewatch): $(wildcard examples/treewatch*.c examples/treewatch/*.[ch]) $(c-out)/.flags $(shared) $(out)/$(soname)
	$(need-cc)
	@[ -n "$(filter %.c,$^)" ] || { echo "make: examples/treewatch.c is missing" >&2; exit 1; }
	$(CC) $(c-std) $(CFLAGS) $(c-warn) -Iinclude -pthread -MMD -MP -MF $@.d -o $@ $(filter %.c,$^) $(LDFLAGS) \
		-L$(out) -lfsnotify -Wl,-rpath,$(abspath $(out))
-include $(treewatch).d

demo: $(treewatch)
	TREEWATCH=$(treewatch) examples/demo.sh

install-args = VERSION=$(version) ABI_VERSION=$(ABI_VERSION) OUT=$(out) \
	STATIC_LIBS="$(static-libs)" DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" LIBDIR="$(LIBDIR)"
install: lib group
	@$(install-args) packaging/install.sh install
uninstall:
	@$(install-args) packaging/install.sh uninstall

clean:
	rm -rf $(target)

FORCE:
.PHONY: all lib group headers symbols demo install uninstall clean FORCE
.DELETE_ON_ERROR:
