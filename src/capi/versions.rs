// SPDX-License-Identifier: GPL-2.0-or-later
//! The version node of the exported symbols.
