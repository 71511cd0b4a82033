/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_IDR_H
#define _FSN_LINUX_IDR_H

#include "../fsn/group.h"
#include <linux/gfp.h>
#include <linux/rcupdate.h>

#endif /* _FSN_LINUX_IDR_H */
