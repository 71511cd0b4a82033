/* SPDX-License-Identifier: GPL-2.0-or-later */
/* constants.c in backend mode. */
#include <linux/fsnotify.h>
#define C_TESTS_BACKEND_MODE
#include "constants.c"
