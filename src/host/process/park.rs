// SPDX-License-Identifier: GPL-2.0-or-later
//! Where waiters of a lock word sleep.
