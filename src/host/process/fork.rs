// SPDX-License-Identifier: GPL-2.0-or-later
//! The fork gate and what a child process has to mend.
