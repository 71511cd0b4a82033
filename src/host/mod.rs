// SPDX-License-Identifier: GPL-2.0-or-later
//! What the core asks of a host. The list below is complete: the core names nothing of a host but what is
//! re-exported here, and a host is whatever supplies these names with these meanings.

pub mod process;
