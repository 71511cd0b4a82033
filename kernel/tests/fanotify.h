/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of fanotify's checks. */
#ifndef KERNEL_FANOTIFY_H
#define KERNEL_FANOTIFY_H

#include "events.h"

/* A non-blocking group; must work. */
int fanotify(unsigned int flags);

void fanotify_names(void);
void fanotify_permissions(void);
void fanotify_marks(void);

#endif /* KERNEL_FANOTIFY_H */
