/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_NAMEI_H
#define _FSN_LINUX_NAMEI_H

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/path.h>

#define LOOKUP_FOLLOW 0x0001
#define LOOKUP_DIRECTORY 0x0002
#define LOOKUP_PARENT 0x0010
#define LOOKUP_EMPTY 0x4000

#endif /* _FSN_LINUX_NAMEI_H */
