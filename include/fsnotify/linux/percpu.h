/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PERCPU_H
#define _FSN_LINUX_PERCPU_H

#include <linux/cpumask.h>
#include <linux/percpu-defs.h>
#include <linux/slab.h>
#include <linux/smp.h>

#define alloc_percpu(type) fsn_alloc_percpu(type)
#define free_percpu(pointer) fsn_free_percpu(pointer)

#endif /* _FSN_LINUX_PERCPU_H */
