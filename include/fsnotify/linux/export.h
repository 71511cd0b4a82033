/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_EXPORT_H
#define _FSN_LINUX_EXPORT_H

#include <linux/compiler.h>

/* A program's symbols are visible as it wishes; this only insists that they exist. */
#define EXPORT_SYMBOL(symbol) extern __typeof__(symbol) symbol
#define EXPORT_SYMBOL_GPL(symbol) EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_NS_GPL(symbol, ns) EXPORT_SYMBOL(symbol)
#define THIS_MODULE ((struct module *)NULL)

struct module;

#endif /* _FSN_LINUX_EXPORT_H */
