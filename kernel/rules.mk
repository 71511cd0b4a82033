# SPDX-License-Identifier: GPL-2.0-or-later
# group.c of a kernel, replaced: docs/kernel.md.
#
# make kernel-dropin                        the files for fs/notify/ of a kernel tree, in target/kernel-dropin/
# make kernel-dropin-install KERNEL=<tree>  copies them there       make kernel-dropin-remove KERNEL=<tree>  takes them away

dropin := $(target)/kernel-dropin
dropin-files := Kbuild group_shim.c group_rs.o_shipped
kernel-target := x86_64-unknown-none
# The object of one crate: code that calls the shim. No PLT-less calls (relro-level=off), which would need a GOT.
kernel-flags := -C relocation-model=pic -C code-model=small -C relro-level=off -C force-unwind-tables=no -C embed-bitcode=no

kernel-dropin: $(dropin)/Kbuild $(dropin)/group_shim.c $(dropin)/group_rs.o_shipped

$(dropin)/Kbuild $(dropin)/group_shim.c: $(dropin)/%: kernel/%
	@mkdir -p $(@D)
	cp $< $@

# Cargo knows whether there is something to do; the file moves only when the object is another.
$(dropin)/group_rs.o_shipped: FORCE
	$(need-cargo)
	@mkdir -p $(@D)
	@kernel/target $(kernel-target)
	$(CARGO) rustc --quiet --lib --profile kernel --no-default-features --features group,kernel --target $(kernel-target) \
		--target-dir $(target)/kernel --crate-type rlib -- --emit obj=$(abspath $(dropin))/group_rs.o $(kernel-flags)
	@kernel/check-object $(dropin)/group_rs.o kernel/group_shim.c
	@cmp -s $(dropin)/group_rs.o $@ || cp $(dropin)/group_rs.o $@

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

.PHONY: kernel-dropin kernel-dropin-install kernel-dropin-remove
