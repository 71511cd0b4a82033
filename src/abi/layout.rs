// SPDX-License-Identifier: GPL-2.0-or-later
//! Sizes and offsets, asserted from the table that the C compiler reads too.
