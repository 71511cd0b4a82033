/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_STRING_H
#define _FSN_LINUX_STRING_H

#include <string.h>
#include "types.h"

#define memset_startat(object, value, member) \
	memset((char *)(object) + offsetof(__typeof__(*(object)), member), value, sizeof(*(object)) - offsetof(__typeof__(*(object)), member))

#endif /* _FSN_LINUX_STRING_H */
