/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_LOCKREF_H
#define _FSN_LINUX_LOCKREF_H

#include "../fsn/types.h"
#include <linux/spinlock.h>

#endif /* _FSN_LINUX_LOCKREF_H */
