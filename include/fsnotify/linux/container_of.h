/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_CONTAINER_OF_H
#define _FSN_LINUX_CONTAINER_OF_H

#include <linux/compiler.h>

#define container_of(ptr, type, member) fsn_container_of(ptr, type, member)
#define container_of_const(ptr, type, member) fsn_container_of(ptr, type, member)

#endif /* _FSN_LINUX_CONTAINER_OF_H */
