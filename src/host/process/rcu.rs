// SPDX-License-Identifier: GPL-2.0-or-later
//! Read-copy-update for short read sides, callbacks after a grace period.
