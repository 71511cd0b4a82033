/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_CRED_H
#define _FSN_LINUX_CRED_H

#include <linux/user_namespace.h>
#include <linux/uidgid.h>

struct cred;

#endif /* _FSN_LINUX_CRED_H */
