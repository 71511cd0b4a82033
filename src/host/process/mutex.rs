// SPDX-License-Identifier: GPL-2.0-or-later
//! The sleeping lock, 32 bytes.
