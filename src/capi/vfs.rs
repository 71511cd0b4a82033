// SPDX-License-Identifier: GPL-2.0-or-later
//! Objects for C.
