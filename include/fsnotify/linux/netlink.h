/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit files include it and name nothing of it.
 */
#ifndef _FSN_LINUX_NETLINK_H
#define _FSN_LINUX_NETLINK_H

#include <linux/types.h>

struct netlink_skb_parms;
struct nlmsghdr;
struct sk_buff;
struct sock;

#endif /* _FSN_LINUX_NETLINK_H */
