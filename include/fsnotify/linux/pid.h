/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PID_H
#define _FSN_LINUX_PID_H

#include "../fsn/fasync.h"
#include <linux/refcount.h>
#include <linux/types.h>

#endif /* _FSN_LINUX_PID_H */
