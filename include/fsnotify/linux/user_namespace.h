/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_USER_NAMESPACE_H
#define _FSN_LINUX_USER_NAMESPACE_H

#include "../fsn/group.h"
#include <linux/sched.h>
#include <linux/types.h>

struct user_namespace;
struct ucounts;

#endif /* _FSN_LINUX_USER_NAMESPACE_H */
