/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_POISON_H
#define _FSN_LINUX_POISON_H

#include "../fsn/list.h"

#define LIST_POISON1 FSN_LIST_POISON1
#define LIST_POISON2 FSN_LIST_POISON2

#endif /* _FSN_LINUX_POISON_H */
