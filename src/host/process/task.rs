// SPDX-License-Identifier: GPL-2.0-or-later
//! Threads as tasks: the current one, its states, sleeping and waking.
