// SPDX-License-Identifier: GPL-2.0-or-later
//! The reader-writer lock, 8 bytes.
