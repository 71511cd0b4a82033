/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_UIDGID_H
#define _FSN_LINUX_UIDGID_H

#include "../fsn/types.h"
#include <linux/types.h>

typedef struct kuid_t kuid_t;
typedef struct kgid_t kgid_t;

#define KUIDT_INIT(value) (kuid_t){ value }
#define KGIDT_INIT(value) (kgid_t){ value }

static inline bool uid_eq(kuid_t left, kuid_t right)
{
	return left.val == right.val;
}

static inline bool gid_eq(kgid_t left, kgid_t right)
{
	return left.val == right.val;
}

#endif /* _FSN_LINUX_UIDGID_H */
