// SPDX-License-Identifier: GPL-2.0-or-later
//! Which objects are the library's to free.

use crate::abi::*;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

/// Mixed with the object's address, so that a copy of the struct is not taken for the original.
const TAG: usize = 0x6f77_6e65_645f_6279;

/// An object with a field that says who allocated it.
pub(super) trait Origin {
    /// That field.
    fn origin(&self) -> &AtomicUsize;

    /// Says that the library allocated it.
    fn set_own(&self) {
        self.origin().store(core::ptr::from_ref(self).addr() ^ TAG, Relaxed);
    }

    /// Did the library allocate it?
    fn is_own(&self) -> bool {
        self.origin().load(Relaxed) == core::ptr::from_ref(self).addr() ^ TAG
    }
}

macro_rules! origin {
    ($($object:ident),*) => {$(
        impl Origin for $object {
            fn origin(&self) -> &AtomicUsize {
                &self.fsn_origin
            }
        }
    )*};
}
origin!(inode, dentry, super_block, mount, file);
