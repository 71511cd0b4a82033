/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_ERRSEQ_H
#define _FSN_LINUX_ERRSEQ_H

#include "../fsn/mapping.h"
#include <linux/types.h>

typedef u32 errseq_t;

static inline errseq_t errseq_set(errseq_t *eseq, int err)
{
	return fsn_errseq_set(eseq, err);
}

static inline errseq_t errseq_sample(errseq_t *eseq)
{
	return fsn_errseq_sample(eseq);
}

static inline int errseq_check(errseq_t *eseq, errseq_t since)
{
	return fsn_errseq_check(eseq, since);
}

static inline int errseq_check_and_advance(errseq_t *eseq, errseq_t *since)
{
	return fsn_errseq_check_and_advance(eseq, since);
}

#endif /* _FSN_LINUX_ERRSEQ_H */
