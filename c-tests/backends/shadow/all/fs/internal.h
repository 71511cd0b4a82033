/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands where fs/notify/fdinfo.c of a kernel tree looks for fs/internal.h: "../internal.h". */
#ifndef SHADOW_FS_INTERNAL_H
#define SHADOW_FS_INTERNAL_H

#include <linux/fs.h>

#endif /* SHADOW_FS_INTERNAL_H */
