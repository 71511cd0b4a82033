// SPDX-License-Identifier: GPL-2.0-or-later
//! Adapters for backends written against 6.1.
