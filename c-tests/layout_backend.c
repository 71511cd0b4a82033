/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout.c in backend mode. */
#include <linux/fsnotify.h>
#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/sysctl.h>
#define C_TESTS_BACKEND_MODE
#include "layout.c"
