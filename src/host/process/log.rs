// SPDX-License-Identifier: GPL-2.0-or-later
//! Errors and warnings through one settable callback.
