/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_STDDEF_H
#define _FSN_LINUX_STDDEF_H

#pragma GCC system_header
#include_next <linux/stddef.h>

#include <stddef.h>
#include <stdbool.h>

#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof_field(type, member))

#endif /* _FSN_LINUX_STDDEF_H */
