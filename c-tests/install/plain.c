// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plain mode from outside: one header, a group with its own table, an event delivered, one queued and one that found
 * the queue full. Ends with 0 if all of it came back.
 */
#include <fsnotify/fsnotify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int handled, freed_events, freed_marks, freed_groups;

static int handle(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir,
		  const struct qstr *name, __u32 cookie)
{
	(void)mark;
	(void)inode;
	if ((mask & FS_CREATE) && dir && name && !strcmp((const char *)name->name, "file") && !cookie)
		handled++;
	return 0;
}

static void free_group(struct fsnotify_group *group)
{
	(void)group;
	__atomic_add_fetch(&freed_groups, 1, __ATOMIC_SEQ_CST);
}

static void free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	freed_events++;
	free(event);
}

static void free_mark(struct fsnotify_mark *mark)
{
	__atomic_add_fetch(&freed_marks, 1, __ATOMIC_SEQ_CST);
	free(mark);
}

static const struct fsnotify_ops ops = {
	.handle_inode_event = handle,
	.free_group_priv = free_group,
	.free_event = free_event,
	.free_mark = free_mark,
};

static struct fsnotify_event *new_event(void)
{
	struct fsnotify_event *event = (struct fsnotify_event *)calloc(1, sizeof(*event));

	if (!event)
		exit(2);
	fsnotify_init_event(event);
	return event;
}

#define expect(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); exit(1); } } while (0)

int main(void)
{
	static struct super_block sb;
	static struct inode dir, inode;
	static struct dentry dentry;
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, 0);
	struct fsnotify_mark *mark = (struct fsnotify_mark *)calloc(1, sizeof(*mark));

	expect(mark && !fsn_IS_ERR(group));
	/* A plugin that stays mapped may be run again. */
	handled = freed_events = freed_marks = freed_groups = 0;
	memset(&sb, 0, sizeof(sb));
	memset(&dir, 0, sizeof(dir));
	memset(&inode, 0, sizeof(inode));
	dir.i_sb = inode.i_sb = &sb;
	dir.i_mode = 0040755;
	inode.i_mode = 0100644;
	dir.i_count.counter = inode.i_count.counter = 1;
	dentry.d_sb = &sb;
	dentry.d_inode = &inode;
	dentry.d_name.name = (const unsigned char *)"file";
	dentry.d_name.len = 4;

	fsnotify_init_mark(mark, group);
	mark->mask = FS_CREATE;
	expect(fsnotify_add_inode_mark(mark, &dir, 0) == 0);
	fsnotify_put_mark(mark);
	fsnotify_create(&dir, &dentry);
	fsnotify_inode(&dir, FS_ATTRIB);
	expect(handled == 1);

	group->max_events = 1;
	group->overflow_event = new_event();
	expect(fsnotify_add_event(group, new_event(), NULL) == 0);
	struct fsnotify_event *dropped = new_event();
	expect(fsnotify_add_event(group, dropped, NULL) == 2);
	fsnotify_destroy_event(group, dropped);
	expect(group->q_len == 2 && freed_events == 1);

	fsnotify_destroy_group(group);
	expect(freed_events == 3);
	expect(__atomic_load_n(&freed_marks, __ATOMIC_SEQ_CST) == 1);
	expect(__atomic_load_n(&freed_groups, __ATOMIC_SEQ_CST) == 1);
	expect(dir.i_count.counter == 1 && !dir.i_fsnotify_marks);
	fsnotify_sb_free(&sb);
	return 0;
}
