/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a group tells, as text that can be compared: numbers that differ from run to run are left out or counted anew. */
#ifndef KERNEL_EVENTS_H
#define KERNEL_EVENTS_H

#include "tests.h"

#include <sys/fanotify.h>
#include <sys/inotify.h>

/*
 * All that a non-blocking inotify descriptor has to tell, "WD MASK[ COOKIE][ NAME]; ...": cookies are #1, #2 in the order of their
 * appearance in the text.
 */
const char *inotify_events(int fd);
/*
 * The same of fanotify, "MASK[ WHAT]; ...": WHAT is the last part of the path of the descriptor or handle, with "/NAME" behind it
 * for a name. Descriptors of permission events are not answered here. mount_fd opens handles.
 */
const char *fanotify_events(int fd, int mount_fd);
/* A check that two texts are the same; if not, both are told. */
bool same(const char *got, const char *wanted, const char *description, ...) __attribute__((__format__(__printf__, 3, 4)));

/* An inotify descriptor, non-blocking; must work. */
int inotify(void);
/* An unwatched file's worth of work: opens, and closes. */
void touch(const char *path);

#endif /* KERNEL_EVENTS_H */
