/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the checks of what group.c alone decides. */
#ifndef KERNEL_GROUP_H
#define KERNEL_GROUP_H

#include "events.h"

void group_sigio(void);
void group_inherited(void);
void group_closes(void);
void group_frozen_opener(void);
void group_audit(void);

#endif /* KERNEL_GROUP_H */
