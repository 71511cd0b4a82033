/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_CPUMASK_H
#define _FSN_LINUX_CPUMASK_H

#include "../fsn/percpu.h"

#define nr_cpu_ids fsn_nr_cpu_ids()
#define num_possible_cpus() fsn_nr_cpu_ids()
#define num_online_cpus() fsn_nr_cpu_ids()
#define for_each_possible_cpu(cpu) fsn_for_each_possible_cpu(cpu)
#define for_each_online_cpu(cpu) fsn_for_each_possible_cpu(cpu)

#endif /* _FSN_LINUX_CPUMASK_H */
