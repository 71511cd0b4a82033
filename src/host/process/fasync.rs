// SPDX-License-Identifier: GPL-2.0-or-later
//! Registrations for SIGIO and the signals themselves.
