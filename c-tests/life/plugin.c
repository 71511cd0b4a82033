/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plugin that uses the library, from its constructor to its destructor. Built with the shared library beneath it, and with the
 * static one inside.
 */
#include "forked.h"
#include "plugin.h"

static struct tfs *own_fs;
static struct fsnotify_group *own_group;
static int n_constructed;
static pthread_key_t at_end;

static void use_at_end(void *rounds)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = fsnotify_alloc_group(&f_ops, FSNOTIFY_GROUP_USER);
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_event *event;

	f_mark(group, inode, FS_ATTRIB);
	fsnotify_inode(inode, FS_ATTRIB);
	event = f_read(group);
	if (want(event != NULL))
		fsnotify_destroy_event(group, event);
	fsnotify_destroy_group(group);
	fs_end(fs);
	/* as often as the C library asks, and once more */
	if ((intptr_t)rounds > 1)
		pthread_setspecific(at_end, (void *)((intptr_t)rounds - 1));
}

__attribute__((__constructor__)) static void plugin_begins(void)
{
	pthread_key_create(&at_end, use_at_end);
	own_fs = fs_by_hand();
	own_group = fsnotify_alloc_group(&f_ops, 0);
	f_mark(own_group, own_fs->root->d_inode, FS_ATTRIB);
	fsnotify_inode(own_fs->root->d_inode, FS_ATTRIB);
	n_constructed = (int)own_group->q_len;
}

__attribute__((__destructor__)) static void plugin_ends(void)
{
	fsnotify_destroy_group(own_group);
	fs_end(own_fs);
	pthread_key_delete(at_end);
}

static void use(int times)
{
	struct tfs *fs = fs_by_hand();
	int idx;

	while (times--) {
		f_whole_life(fs->root->d_inode);
		idx = fsn_srcu_read_lock(&fsnotify_mark_srcu);
		want(fsn_current() != NULL);
		fsn_srcu_read_unlock(&fsnotify_mark_srcu, idx);
	}
	want_equal(watched(fs, 0), 0);
	want_equal(icount(fs->root->d_inode), 1);
	fs_end(fs);
}

static void use_at_thread_end(void)
{
	pthread_setspecific(at_end, (void *)(intptr_t)5);
}

static int wrong(void)
{
	return peek(n_wrong);
}

static void stats(struct fsn_stats *into)
{
	fsn_stats(into);
}

static void quiesce(void)
{
	fsn_quiesce();
}

static void *keep_group(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&f_ops, 0);

	f_mark(group, own_fs->root->d_inode, FS_OPEN);
	fsnotify_inode(own_fs->root->d_inode, FS_OPEN);
	want_equal(group->q_len, 1);
	return group;
}

static void end_group(void *group)
{
	fsnotify_destroy_group((struct fsnotify_group *)group);
}

static const void *function(void)
{
	return __extension__ (const void *)fsnotify_alloc_group;
}

static const void *data(void)
{
	return &fsnotify_mark_srcu;
}

static int constructed(void)
{
	return n_constructed;
}

extern const struct plugin plugin;
const struct plugin plugin = {
	.use = use,
	.use_at_thread_end = use_at_thread_end,
	.wrong = wrong,
	.stats = stats,
	.quiesce = quiesce,
	.keep_group = keep_group,
	.end_group = end_group,
	.function = function,
	.data = data,
	.constructed = constructed,
};
