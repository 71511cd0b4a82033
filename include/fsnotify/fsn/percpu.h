/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables that each processor has its own of, so that counting does not make processors wait for each other. A thread may be
 * moved at any moment, so each change is atomic.
 */
#ifndef FSN_PERCPU_H
#define FSN_PERCPU_H

#include "mem.h"
#include "types.h"

/* The library's NR_CPUS. */
#define FSN_NR_CPUS 64

/* An array behind the name: reach it with the macros below only. */
#define FSN_DECLARE_PER_CPU(type, name) extern __typeof__(type) name[FSN_NR_CPUS]
#define FSN_DEFINE_PER_CPU(type, name) __typeof__(type) name[FSN_NR_CPUS]
#define fsn_per_cpu(name, cpu) ((name)[cpu])
#define fsn_per_cpu_ptr(pointer, cpu) (&(pointer)[cpu])
#define fsn_this_cpu_read(name) fsn_READ_ONCE((name)[fsn_smp_processor_id()])
#define fsn_this_cpu_write(name, value) fsn_WRITE_ONCE((name)[fsn_smp_processor_id()], value)
#define fsn_this_cpu_add(name, value) \
	((void)__atomic_fetch_add(&(name)[fsn_smp_processor_id()], (value), __ATOMIC_RELAXED))
#define fsn_this_cpu_sub(name, value) \
	((void)__atomic_fetch_sub(&(name)[fsn_smp_processor_id()], (value), __ATOMIC_RELAXED))
#define fsn_this_cpu_inc(name) fsn_this_cpu_add(name, 1)
#define fsn_this_cpu_dec(name) fsn_this_cpu_sub(name, 1)
#define fsn_for_each_possible_cpu(cpu) for ((cpu) = 0; (unsigned int)(cpu) < fsn_nr_cpu_ids(); (cpu)++)

/* Such an array of its own, zeroed; NULL without memory. fsn_free_percpu() frees it. */
#define fsn_alloc_percpu(type) ((__typeof__(type) *)fsn_kcalloc(FSN_NR_CPUS, sizeof(type), FSN_GFP_KERNEL))
#define fsn_free_percpu(pointer) fsn_kfree(pointer)

#endif /* FSN_PERCPU_H */
