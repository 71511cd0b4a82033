/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every type and prototype. What cbindgen can express stands in abi.h; what has an anonymous union or a member named by a
 * keyword is written here and in group.h, and checked by layout.def like the rest.
 */
#ifndef FSN_TYPES_H
#define FSN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <asm/posix_types.h>
#include <asm/types.h>

#include "compiler.h"
#include "atomic.h"
#include "lock.h"
#include "refcount.h"

/* A name with its length and hash; the bytes are not necessarily ended by a NUL. */
struct qstr {
	__extension__ union {
		__extension__ struct {
			__u32 hash;
			__u32 len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

/* What the callback of a walk over a struct list_lru decides. */
enum lru_status {
	/* it has taken the object off the list */
	LRU_REMOVED,
	/* the same, and released the lock in between */
	LRU_REMOVED_RETRY,
	/* to the end with it */
	LRU_ROTATE,
	/* it stays */
	LRU_SKIP,
	/* it stays, and the lock was released in between */
	LRU_RETRY,
	/* the walk is over */
	LRU_STOP,
};

#include "abi.h"

/* A lock and a count beside it. */
__extension__ struct lockref {
	__extension__ union {
		__u64 lock_count;
		__extension__ struct {
			spinlock_t lock;
			int count;
		};
	};
};

/* A name in a directory. */
struct dentry {
	/* DCACHE_* [d_lock] */
	unsigned int d_flags;
	/* link of the lookup hash; unhashed means unlinked */
	struct hlist_bl_node d_hash;
	/* the directory; the dentry itself for a root [d_lock] */
	struct dentry *d_parent;
	/* [d_lock] */
	struct qstr d_name;
	/* NULL for a negative dentry [d_lock] */
	struct inode *d_inode;
	/* storage of a short name */
	unsigned char d_iname[DNAME_INLINE_LEN];
	/* may be NULL */
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	/* for the filesystem */
	unsigned long d_time;
	void *d_fsdata;
	/* lock and references; the kernel reaches the lock as d_lock by a macro, here it is a member of that name */
	__extension__ union {
		struct lockref d_lockref;
		spinlock_t d_lock;
	};
	struct list_head d_lru;
	/* link on the parent's d_children [parent's d_lock] */
	struct hlist_node d_sib;
	/* [d_lock] */
	struct hlist_head d_children;
	struct dentry_u d_u;
	/* the library's: its shared copy of a long name that d_name.name points into, or NULL */
	unsigned char *fsn_name;
	/* the library's: 0 in a dentry that the program allocated */
	unsigned long fsn_origin;
};

#endif /* FSN_TYPES_H */
