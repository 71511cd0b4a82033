/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linked with a program or preloaded: every object gets an index of its marks, however few they are. */
#include <stddef.h>

#include <fsnotify/fsnotify.h>

__attribute__((__constructor__)) static void index_everything(void)
{
	fsn_index_marks_from(0);
}
