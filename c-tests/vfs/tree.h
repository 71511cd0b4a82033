/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the objects share: a tree on a superblock, a log of callbacks, a listener, the counters. */
#ifndef VFS_TREE_H
#define VFS_TREE_H

#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include <fsnotify/fsn/hooks.h>
#include <fsnotify/fsn/stats.h>
#include <fsnotify/fsn/vfs.h>
#include <fsnotify/fsn/mount.h>

#include "../tap.h"

#define MAYBE __attribute__((__unused__))

/* One word for each thing that happened, in order. */
static char trace[1024];

MAYBE static void traced(const char *word)
{
	size_t used = strlen(trace);

	snprintf(trace + used, sizeof(trace) - used, "%s%s", used ? " " : "", word);
}

MAYBE static bool trace_is(const char *expected)
{
	bool same = !strcmp(trace, expected);

	if (!same)
		printf("# trace \"%s\", expected \"%s\"\n", trace, expected);
	trace[0] = '\0';
	return same;
}

/* The functions that warned since the last look. */
static char warned[256];

MAYBE static void on_log(void *arg, int level, const char *function, const char *message)
{
	size_t used = strlen(warned);

	(void)arg;
	(void)message;
	if (level <= FSN_LOG_WARNING)
		snprintf(warned + used, sizeof(warned) - used, "%s%s", used ? " " : "", function);
}

MAYBE static bool warned_by(const char *functions)
{
	bool same = !strcmp(warned, functions);

	if (!same)
		printf("# warned \"%s\", expected \"%s\"\n", warned, functions);
	warned[0] = '\0';
	return same;
}

/* What exists of the library's own. */
struct counts {
	unsigned long inodes, dentries, allocations, bytes;
};

MAYBE static struct counts count(void)
{
	struct fsn_stats stats;
	struct counts now;

	fsn_quiesce();
	fsn_stats(&stats);
	now.inodes = stats.inodes;
	now.dentries = stats.dentries;
	now.allocations = stats.allocations;
	now.bytes = stats.allocated_bytes;
	return now;
}

MAYBE static bool same_counts(struct counts before)
{
	struct counts now = count();
	bool same = !memcmp(&before, &now, sizeof(now));

	if (!same)
		printf("# inodes %ld, dentries %ld, allocations %ld, bytes %ld more than before\n",
		       (long)(now.inodes - before.inodes), (long)(now.dentries - before.dentries),
		       (long)(now.allocations - before.allocations), (long)(now.bytes - before.bytes));
	return same;
}

MAYBE static struct inode *new_inode_of(struct super_block *sb, unsigned short mode)
{
	struct inode *inode = fsn_new_inode(sb);

	if (inode)
		inode->i_mode = mode;
	return inode;
}

MAYBE static struct super_block *mounted(struct file_system_type *type, const struct super_operations *op)
{
	struct super_block *sb = fsn_alloc_super(type, op, 0);

	if (sb)
		sb->s_root = fsn_d_make_root(new_inode_of(sb, S_IFDIR | 0755));
	return sb;
}

/* A name with an inode in a directory, with the caller's reference on the dentry. */
MAYBE static struct dentry *made(struct dentry *dir, const char *name, unsigned short mode)
{
	struct dentry *dentry = fsn_d_alloc_name(dir, name);

	if (dentry)
		fsn_d_add(dentry, new_inode_of(dir->d_sb, mode));
	return dentry;
}

MAYBE static bool named(const struct dentry *dentry, const char *name)
{
	return dentry->d_name.len == strlen(name) && !strcmp((const char *)dentry->d_name.name, name);
}

/* A listener that writes what it hears into the trace. */
MAYBE static const char *event_word(unsigned int mask)
{
	return mask & FS_DELETE_SELF ? "DELETE_SELF" : mask & FS_UNMOUNT ? "UNMOUNT" : mask & FS_CREATE ? "CREATE" : "event";
}

MAYBE static int on_event(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir, const struct qstr *name,
			  __u32 cookie)
{
	(void)mark;
	(void)inode;
	(void)dir;
	(void)name;
	(void)cookie;
	traced(event_word(mask));
	return 0;
}

MAYBE static void on_freeing(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	(void)mark;
	(void)group;
	traced("mark-goes");
}

MAYBE static void on_free_mark(struct fsnotify_mark *mark)
{
	free(mark);
}

MAYBE static const struct fsnotify_ops listener = {
	.handle_inode_event = on_event,
	.freeing_mark = on_freeing,
	.free_mark = on_free_mark,
};

/* A mark on an inode that does not hold it (FSNOTIFY_MARK_FLAG_NO_IREF), so that its end is seen. */
MAYBE static int watch(struct fsnotify_group *group, struct inode *inode, unsigned int mask, unsigned int flags)
{
	struct fsnotify_mark *mark = (struct fsnotify_mark *)malloc(sizeof(*mark));
	int err;

	fsnotify_init_mark(mark, group);
	mark->mask = mask;
	mark->flags |= flags;
	err = fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	fsnotify_put_mark(mark);
	return err;
}

#endif /* VFS_TREE_H */
