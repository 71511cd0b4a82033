/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SMP_H
#define _FSN_LINUX_SMP_H

#include <linux/cpumask.h>

#define smp_processor_id() ((int)fsn_smp_processor_id())
#define raw_smp_processor_id() ((int)fsn_smp_processor_id())
/* A thread may be moved at any moment, in between too. */
#define get_cpu() smp_processor_id()
#define put_cpu() ((void)0)

#endif /* _FSN_LINUX_SMP_H */
