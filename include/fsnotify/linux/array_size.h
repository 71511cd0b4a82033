/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_ARRAY_SIZE_H
#define _FSN_LINUX_ARRAY_SIZE_H

#include "../fsn/compiler.h"

#define ARRAY_SIZE(array) fsn_ARRAY_SIZE(array)

#endif /* _FSN_LINUX_ARRAY_SIZE_H */
