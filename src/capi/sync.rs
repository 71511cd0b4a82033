// SPDX-License-Identifier: GPL-2.0-or-later
//! Slow paths of the lock words for C.
