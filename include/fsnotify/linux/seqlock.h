/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SEQLOCK_H
#define _FSN_LINUX_SEQLOCK_H

#include <linux/spinlock.h>

#endif /* _FSN_LINUX_SEQLOCK_H */
