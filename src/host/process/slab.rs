// SPDX-License-Identifier: GPL-2.0-or-later
//! kmalloc and object caches.
