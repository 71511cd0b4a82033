// SPDX-License-Identifier: GPL-2.0-or-later
//! The core: one file a file of `fs/notify`. Lifetimes, references and the order of locks stand at the head of `mark.rs`.
