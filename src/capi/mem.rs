// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory, memory groups, log, statistics and fasync for C.
