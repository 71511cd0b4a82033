/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_COMPILER_TYPES_H
#define _FSN_LINUX_COMPILER_TYPES_H

#include <linux/compiler.h>

#endif /* _FSN_LINUX_COMPILER_TYPES_H */
