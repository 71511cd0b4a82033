// SPDX-License-Identifier: GPL-2.0-or-later
//! The version node of the exported symbols.
//!
//! The assembler can only version a symbol that its own object defines, and rustc makes an object of a module: so each
//! module that defines kernel names says so beside them, with [`versioned!`]. The linker needs the node itself to be
//! declared, which `libfsnotify.map` does. A version script that listed the names instead would be ignored: rustc's own,
//! which comes first, has already claimed every `no_mangle` symbol.
//!
//! `packaging/symbols.txt` is the committed list of everything exported, with versions; `make check` compares.

/// Puts the named symbols, which the same module defines with `#[no_mangle]`, into the node `FSNOTIFY_6.12`.
///
/// `remove` leaves no unversioned twin behind. The static library has no versions: `packaging/static.sh` takes them off.
macro_rules! versioned {
    ($($name:ident),+ $(,)?) => {
        $(
            #[cfg(not(miri))]
            core::arch::global_asm!(concat!(
                ".symver ", stringify!($name), ", ", stringify!($name), "@@FSNOTIFY_6.12, remove"
            ));
        )+
    };
}
pub(crate) use versioned;
