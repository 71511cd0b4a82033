// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory groups: who pays for an allocation.
