/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MODULE_H
#define _FSN_LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>

#define MODULE_LICENSE(text) struct fsn_module_license
#define MODULE_AUTHOR(text) struct fsn_module_author
#define MODULE_DESCRIPTION(text) struct fsn_module_description

static inline bool try_module_get(struct module *module)
{
	(void)module;
	return true;
}

static inline void __module_get(struct module *module)
{
	(void)module;
}

static inline void module_put(struct module *module)
{
	(void)module;
}

#endif /* _FSN_LINUX_MODULE_H */
