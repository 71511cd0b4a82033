/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PERCPU_DEFS_H
#define _FSN_LINUX_PERCPU_DEFS_H

#include "../fsn/percpu.h"
#include <linux/compiler.h>

#define NR_CPUS FSN_NR_CPUS
#define DECLARE_PER_CPU(type, name) FSN_DECLARE_PER_CPU(type, name)
#define DEFINE_PER_CPU(type, name) FSN_DEFINE_PER_CPU(type, name)
#define per_cpu(name, cpu) fsn_per_cpu(name, cpu)
#define per_cpu_ptr(pointer, cpu) fsn_per_cpu_ptr(pointer, cpu)
#define this_cpu_read(name) fsn_this_cpu_read(name)
#define this_cpu_write(name, value) fsn_this_cpu_write(name, value)
#define this_cpu_add(name, value) fsn_this_cpu_add(name, value)
#define this_cpu_sub(name, value) fsn_this_cpu_sub(name, value)
#define this_cpu_inc(name) fsn_this_cpu_inc(name)
#define this_cpu_dec(name) fsn_this_cpu_dec(name)

#endif /* _FSN_LINUX_PERCPU_DEFS_H */
