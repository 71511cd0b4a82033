/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings: rows of tables that a program registers below a path, and reads and writes as text, as below /proc/sys
 * (fsn_sysctl_read(), fsn_sysctl_write()). The functions are declared in abi.h.
 */
#ifndef FSN_SYSCTL_H
#define FSN_SYSCTL_H

#include "log.h"
#include "types.h"

FSN_BEGIN_DECLS

/* Limits that many rows have, for extra1 and extra2. */
static const int fsn_sysctl_vals[] __attribute__((__unused__)) = {
	0, 1, 2, 3, 4, 100, 200, 1000, 3000, 0x7fffffff, 65535, -1
};
static const unsigned long fsn_sysctl_long_vals[] __attribute__((__unused__)) = { 0, 1, ~0UL >> 1 };

/* Registers a table that ends in an empty row. */
static inline struct ctl_table_header *fsn_register_sysctl(const char *path, struct ctl_table *table)
{
	return fsn_register_sysctl_sz(path, table, SIZE_MAX);
}

/* For a table that stays for ever; says so if it cannot be had. */
static inline void fsn_register_sysctl_init_sz(const char *path, struct ctl_table *table, const char *name, size_t size)
{
	if (!fsn_register_sysctl_sz(path, table, size))
		fsn_pr_err("failed when register_sysctl_sz %s to %s\n", name, path);
}

FSN_END_DECLS

#define FSN_SYSCTL_VALUE(at) ((void *)&fsn_sysctl_vals[at])
#define FSN_SYSCTL_LONG_VALUE(at) ((void *)&fsn_sysctl_long_vals[at])

#endif /* FSN_SYSCTL_H */
