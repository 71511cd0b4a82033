/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SYSCTL_H
#define _FSN_LINUX_SYSCTL_H

#include "../fsn/sysctl.h"
#include <linux/array_size.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>

struct ctl_table_header;

/* a handler, as the type of a function */
typedef int proc_handler(const struct ctl_table *table, int write, void *buffer, size_t *lenp, loff_t *ppos);

#define SYSCTL_ZERO FSN_SYSCTL_VALUE(0)
#define SYSCTL_ONE FSN_SYSCTL_VALUE(1)
#define SYSCTL_TWO FSN_SYSCTL_VALUE(2)
#define SYSCTL_THREE FSN_SYSCTL_VALUE(3)
#define SYSCTL_FOUR FSN_SYSCTL_VALUE(4)
#define SYSCTL_ONE_HUNDRED FSN_SYSCTL_VALUE(5)
#define SYSCTL_TWO_HUNDRED FSN_SYSCTL_VALUE(6)
#define SYSCTL_ONE_THOUSAND FSN_SYSCTL_VALUE(7)
#define SYSCTL_THREE_THOUSAND FSN_SYSCTL_VALUE(8)
#define SYSCTL_INT_MAX FSN_SYSCTL_VALUE(9)
#define SYSCTL_MAXOLDUID FSN_SYSCTL_VALUE(10)
#define SYSCTL_NEG_ONE FSN_SYSCTL_VALUE(11)
#define SYSCTL_LONG_ZERO FSN_SYSCTL_LONG_VALUE(0)
#define SYSCTL_LONG_ONE FSN_SYSCTL_LONG_VALUE(1)
#define SYSCTL_LONG_MAX FSN_SYSCTL_LONG_VALUE(2)

#define proc_dointvec fsn_proc_dointvec
#define proc_dointvec_minmax fsn_proc_dointvec_minmax
#define proc_doulongvec_minmax fsn_proc_doulongvec_minmax

/* The table is an array; in 6.1 its last row is empty, which ends it too. */
#define register_sysctl(path, table) fsn_register_sysctl_sz(path, table, ARRAY_SIZE(table))
#define register_sysctl_init(path, table) fsn_register_sysctl_init_sz(path, table, #table, ARRAY_SIZE(table))

static inline struct ctl_table_header *register_sysctl_sz(const char *path, struct ctl_table *table, size_t size)
{
	return fsn_register_sysctl_sz(path, table, size);
}

static inline void unregister_sysctl_table(struct ctl_table_header *header)
{
	fsn_unregister_sysctl_table(header);
}

#endif /* _FSN_LINUX_SYSCTL_H */
