/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PAGEMAP_H
#define _FSN_LINUX_PAGEMAP_H

#include "../fsn/mapping.h"
#include <linux/errseq.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>

static inline void mapping_set_error(struct address_space *mapping, int error)
{
	fsn_mapping_set_error(mapping, error);
}

static inline int filemap_check_wb_err(struct address_space *mapping, errseq_t since)
{
	return fsn_filemap_check_wb_err(mapping, since);
}

static inline errseq_t filemap_sample_wb_err(struct address_space *mapping)
{
	return fsn_filemap_sample_wb_err(mapping);
}

#endif /* _FSN_LINUX_PAGEMAP_H */
