/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file's pages tell others: that some are dirty or being written, and that writing failed. A program that keeps pages
 * says so with fsn_mapping_set_tag() and fsn_mapping_set_error().
 */
#ifndef FSN_MAPPING_H
#define FSN_MAPPING_H

#include "compiler.h"
#include "types.h"

#define FSN_PAGECACHE_TAG_DIRTY 0
#define FSN_PAGECACHE_TAG_WRITEBACK 1
#define FSN_PAGECACHE_TAG_TOWRITE 2

/* An error, and a number that rises with each that somebody has seen the last of: the kernel's errseq_t. */
#define FSN_ERRSEQ_ERROR 0xfffu
#define FSN_ERRSEQ_SEEN 0x1000u
#define FSN_ERRSEQ_NEXT 0x2000u

FSN_BEGIN_DECLS

/* Notes @error, a negative errno. What it finds noted already and not seen it replaces. */
static inline __u32 fsn_errseq_set(__u32 *eseq, int error)
{
	__u32 old = __atomic_load_n(eseq, __ATOMIC_RELAXED), now;

	if (error >= 0 || error < -(int)FSN_ERRSEQ_ERROR)
		return old;
	do {
		now = (old & ~(FSN_ERRSEQ_ERROR | FSN_ERRSEQ_SEEN)) | (__u32)-error;
		if (old & FSN_ERRSEQ_SEEN)
			now += FSN_ERRSEQ_NEXT;
		if (now == old)
			break;
	} while (!__atomic_compare_exchange_n(eseq, &old, now, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return now;
}

/* From here on. An error that nobody has seen yet is to be seen by who asks now, so that counts as none. */
static inline __u32 fsn_errseq_sample(__u32 *eseq)
{
	__u32 now = __atomic_load_n(eseq, __ATOMIC_ACQUIRE);

	return now & FSN_ERRSEQ_SEEN ? now : 0;
}

/* The error, if there was one since; it stays unseen. */
static inline int fsn_errseq_check(__u32 *eseq, __u32 since)
{
	__u32 now = __atomic_load_n(eseq, __ATOMIC_ACQUIRE);

	return now == since ? 0 : -(int)(now & FSN_ERRSEQ_ERROR);
}

/* The same, and it counts as seen; @since is brought up to date. */
static inline int fsn_errseq_check_and_advance(__u32 *eseq, __u32 *since)
{
	__u32 old = __atomic_load_n(eseq, __ATOMIC_ACQUIRE);

	if (old == *since)
		return 0;
	while (!(old & FSN_ERRSEQ_SEEN)) {
		if (__atomic_compare_exchange_n(eseq, &old, old | FSN_ERRSEQ_SEEN, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			old |= FSN_ERRSEQ_SEEN;
	}
	*since = old;
	return -(int)(old & FSN_ERRSEQ_ERROR);
}

static inline int fsn_filemap_check_wb_err(struct address_space *mapping, __u32 since)
{
	return fsn_errseq_check(&mapping->wb_err, since);
}

static inline __u32 fsn_filemap_sample_wb_err(struct address_space *mapping)
{
	return fsn_errseq_sample(&mapping->wb_err);
}

/* Writing back failed. */
static inline void fsn_mapping_set_error(struct address_space *mapping, int error)
{
	(void)fsn_errseq_set(&mapping->wb_err, error);
}

/* Whether some page is in that state. */
static inline bool fsn_mapping_tagged(const struct address_space *mapping, unsigned int tag)
{
	return (__atomic_load_n(&mapping->fsn_tags, __ATOMIC_ACQUIRE) & (1UL << tag)) != 0;
}

static inline void fsn_mapping_set_tag(struct address_space *mapping, unsigned int tag)
{
	(void)__atomic_fetch_or(&mapping->fsn_tags, 1UL << tag, __ATOMIC_SEQ_CST);
}

static inline void fsn_mapping_clear_tag(struct address_space *mapping, unsigned int tag)
{
	(void)__atomic_fetch_and(&mapping->fsn_tags, ~(1UL << tag), __ATOMIC_SEQ_CST);
}

FSN_END_DECLS

#endif /* FSN_MAPPING_H */
