/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_WAIT_BIT_H
#define _FSN_LINUX_WAIT_BIT_H

#include "../fsn/wait.h"
#include <linux/bitops.h>
#include <linux/sched.h>

#define wait_var_event(var, condition) fsn_wait_var_event(var, condition)

static inline void wake_up_var(void *var)
{
	fsn_wake_up_var(var);
}

static inline void wake_up_bit(unsigned long *word, int bit)
{
	fsn_wake_up_bit(word, bit);
}

static inline int wait_on_bit(unsigned long *word, int bit, unsigned int mode)
{
	return fsn_wait_on_bit(word, bit, mode);
}

static inline void clear_and_wake_up_bit(int bit, unsigned long *word)
{
	fsn_clear_and_wake_up_bit(bit, word);
}

#endif /* _FSN_LINUX_WAIT_BIT_H */
