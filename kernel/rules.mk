# SPDX-License-Identifier: GPL-2.0-or-later
# group.c of a kernel, replaced: docs/kernel.md.
#
# make kernel-dropin                        the files for fs/notify/ of a kernel tree, in target/kernel-dropin/
# make kernel-broken                        of the broken variants, kernel/broken/NAME.variant, in target/kernel-broken/NAME/
# make kernel-dropin-install KERNEL=<tree>  copies them there       make kernel-dropin-remove KERNEL=<tree>  takes them away

dropin := $(target)/kernel-dropin
dropin-files := Kbuild group_shim.c group_rs.o_shipped
kernel-target := x86_64-unknown-none
# The object of one crate: code that calls the shim. No PLT-less calls (relro-level=off), which would need a GOT.
kernel-flags := -C relocation-model=pic -C code-model=small -C relro-level=off -C force-unwind-tables=no -C embed-bitcode=no

kernel-dropin: $(dropin)/Kbuild $(dropin)/group_shim.c $(dropin)/group_rs.o_shipped

# The files of one drop-in, from the source in a directory: $(1) where they go, $(2) source, $(3) build directory. What cannot
# be in a normal build is made from a copy of the source.
kernel-object = $(CARGO) rustc --quiet --manifest-path $(2)/Cargo.toml --lib --profile kernel --no-default-features \
	--features group,kernel --target $(kernel-target) --target-dir $(3) --crate-type rlib -- \
	--emit obj=$(abspath $(1))/group_rs.o $(kernel-flags)

# One section of text: $(1) is the directory of the object.
one-text = $(LD) -r -T kernel/sections.lds -o $(1)/group_rs.one $(1)/group_rs.o && mv $(1)/group_rs.one $(1)/group_rs.o

$(dropin)/Kbuild $(dropin)/group_shim.c: $(dropin)/%: kernel/%
	@mkdir -p $(@D)
	cp $< $@

# Cargo knows whether there is something to do; the file moves only when the object is another.
$(dropin)/group_rs.o_shipped: FORCE
	$(need-cargo)
	@mkdir -p $(@D)
	@kernel/target $(kernel-target)
	$(call kernel-object,$(dropin),.,$(target)/kernel)
	@$(call one-text,$(dropin))
	@kernel/check-object $(dropin)/group_rs.o kernel/group_shim.c
	@cmp -s $(dropin)/group_rs.o $@ || cp $(dropin)/group_rs.o $@

# The broken variants: each a text of the source replaced, in the format of c-tests/broken/run.
kernel-broken := $(patsubst kernel/broken/%.variant,%,$(wildcard kernel/broken/*.variant))
broken-dir := $(target)/kernel-broken
kernel-broken: $(kernel-broken:%=$(broken-dir)/%/group_rs.o_shipped)
$(broken-dir)/%/group_rs.o_shipped: kernel/broken/%.variant c-tests/broken/apply kernel/Kbuild kernel/group_shim.c kernel/sections.lds $(wildcard src/notify/*.rs src/host/kernel/*.rs)
	$(need-cargo)
	@kernel/target $(kernel-target)
	@rm -rf $(broken-dir)/tree $(@D) && mkdir -p $(broken-dir)/tree $(@D)
	@cp -R Cargo.toml Cargo.lock build.rs build cbindgen.toml libfsnotify.map src docs include $(broken-dir)/tree/
	@cp kernel/Kbuild kernel/group_shim.c $(@D)/
	@c-tests/broken/apply $(broken-dir)/tree $<
	$(call kernel-object,$(@D),$(broken-dir)/tree,$(broken-dir)/build) -A unused
	@$(call one-text,$(@D))
	@cp $(@D)/group_rs.o $@

# KERNEL is a kernel tree: one that has fs/notify/group.c.
need-kernel = @[ -n "$(KERNEL)" ] || { echo "make: say which kernel: make $@ KERNEL=<tree>" >&2; exit 1; }; \
	[ -e "$(KERNEL)/fs/notify/group.c" ] || { echo "make: $(KERNEL) is no kernel tree: it has no fs/notify/group.c" >&2; exit 1; }
kernel-dropin-install: kernel-dropin
	$(need-kernel)
	@[ ! -e "$(KERNEL)/fs/notify/Kbuild" ] || cmp -s kernel/Kbuild "$(KERNEL)/fs/notify/Kbuild" || \
		{ echo "make: $(KERNEL)/fs/notify/Kbuild is somebody else's" >&2; exit 1; }
	@for file in $(dropin-files); do cmp -s $(dropin)/$$file "$(KERNEL)/fs/notify/$$file" || cp $(dropin)/$$file "$(KERNEL)/fs/notify/$$file" || exit; done
	@echo "group.o of $(KERNEL) will be libfsnotify's"
kernel-dropin-remove:
	$(need-kernel)
	@rm -f $(foreach file,$(dropin-files) .group_rs.o.cmd .group_shim.o.cmd group_rs.o group_shim.o,"$(KERNEL)/fs/notify/$(file)")
	@echo "group.o of $(KERNEL) will be its own"

.PHONY: kernel-dropin kernel-broken kernel-dropin-install kernel-dropin-remove

# make check-uml     User-Mode Linux of both series, as it is and with the drop-in: booted, and compared
#                    (PARTS="plain crc debug broken latency", SERIES="6.12 6.1" choose some)
uml-dir := $(target)/uml
kernel-tests := $(uml-dir)/tests
$(kernel-tests): $(wildcard kernel/tests/*.[ch])
	$(need-cc)
	@mkdir -p $(@D)
	$(CC) $(c-std) -O2 -g $(c-warn) -static -pthread -o $@ $(filter %.c,$^)

check-uml: kernel-dropin kernel-broken $(kernel-tests)
	@kernel/uml/check $(uml-dir) $(dropin) $(broken-dir) $(kernel-tests)

.PHONY: check-uml

# make check-smp     an x86_64 kernel with the drop-in, on four processors of qemu's (ACCEL=kvm or tcg, ROUNDS=3)
check-smp: kernel-dropin $(kernel-tests)
	@kernel/smp/check $(uml-dir) $(dropin) $(kernel-tests)

# make check-lkl LKL_SRC=<tree>   the Linux Kernel Library with the drop-in, inotify in one process
check-lkl: $(if $(LKL_SRC),kernel-dropin)
	@LKL_SRC=$(LKL_SRC) kernel/lkl/check $(target)/lkl $(dropin)

.PHONY: check-smp check-lkl
