// SPDX-License-Identifier: GPL-2.0-or-later
//! Tasks, wait queues, SRCU, RCU and work for C.
