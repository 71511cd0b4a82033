/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a random sequence plays with: filesystems made by hand, groups, marks, events; each has a name that is the same in
 * both runs. Groups are made in advance and named in the order of their addresses, so that the order of equal priorities
 * is the same, too.
 */
#ifndef ORACLE_WORLD_H
#define ORACLE_WORLD_H

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include "transcript.h"

#define T_UNUSED __attribute__((unused))
#define T_GFP FSN_GFP_KERNEL
#define bump(counter) ((void)++(counter))
#define put_value(variable, value) ((variable) = (value))
#include "../hand_fs.h"

/* ---- filesystems ---- */

enum { ROOT, DIR0, DIR1, FILE_A, FILE_B, FILE_C, FILE_E, FIFO, NAMES };

struct tree {
	struct tfs *fs;
	/* a second mount of it */
	struct mount second;
	struct dentry *names[NAMES];
	int id, n_inodes;
	struct inode *inodes[64];
};

#define TREES 16
static struct tree trees[TREES];
static int n_trees;
/* those that are mounted */
static struct tree *mounted[2];

static struct tree *tree_of(struct super_block *sb)
{
	for (int i = 0; i < n_trees; i++)
		if (&trees[i].fs->sb == sb)
			return &trees[i];
	abort();
}

/* Room in a tree is kept for the names themselves. */
static bool tree_has_room(const struct tree *tree)
{
	return tree->n_inodes < 64;
}

static struct inode *tree_inode(struct tree *tree, unsigned int mode)
{
	struct inode *inode = inode_by_hand(tree->fs, mode);

	inode->i_ino = (unsigned long)tree->n_inodes;
	tree->inodes[tree->n_inodes++] = inode;
	return inode;
}

static struct tree *tree_new(void)
{
	static const struct { int parent; unsigned int mode; const char *name; } plan[NAMES] = {
		[DIR0] = { ROOT, S_IFDIR | 0755, "d0" }, [DIR1] = { ROOT, S_IFDIR | 0755, "d1" },
		[FILE_A] = { ROOT, S_IFREG | 0644, "a" }, [FILE_B] = { DIR0, S_IFREG | 0644, "b" },
		[FILE_C] = { DIR0, S_IFREG | 0644, "c" }, [FILE_E] = { DIR1, S_IFREG | 0644, "e" },
		[FIFO] = { DIR1, S_IFIFO | 0644, "p" },
	};
	struct tree *tree = &trees[n_trees];

	tree->id = n_trees++;
	tree->fs = fs_by_hand();
	tree->names[ROOT] = tree->fs->root;
	tree->inodes[tree->n_inodes++] = tree->fs->root->d_inode;
	for (int i = DIR0; i < NAMES; i++)
		tree->names[i] = dentry_by_hand(tree->fs, tree->names[plan[i].parent], plan[i].name,
						tree_inode(tree, plan[i].mode));
	tree->second = tree->fs->mount;
	return tree;
}

/* ---- groups ---- */

struct event {
	struct fsnotify_event fse;
	int id;
	bool queued, freed;
};

struct group {
	struct fsnotify_group *fsn;
	int id;
	/* flags were drawn when it was made */
	int flags;
	enum { UNUSED, ALIVE, DYING, DESTROYED } state;
	int extra_refs;
	/* free_group_priv has been called [freed_lock] */
	bool gone, gone_told;
	struct event overflow;
};

#define GROUPS 48
static struct group groups[GROUPS];

static struct group *group_of(const struct fsnotify_group *fsn)
{
	return (struct group *)fsn->private;
}

/* ---- marks ---- */

struct mark {
	struct fsnotify_mark fsn;
	int id;
	struct group *group;
	/* references of ours */
	int refs;
	/* was it ever on an object? */
	bool attached_once;
	/* [freed_lock] */
	bool freed, freed_told;
	/* it was on a group's list when the state was last looked at */
	int seen;
};

#define MARKS 4096
static struct mark marks[MARKS];
static int n_marks;

static struct mark *mark_of(struct fsnotify_mark *fsn)
{
	return (struct mark *)fsn;
}

#define EVENTS 8192
static struct event events[EVENTS];
static int n_events;

/* ---- names ---- */

#define NAME_BUFFERS 16
static char *name_buffer(void)
{
	static char buffers[NAME_BUFFERS][64];
	static unsigned int next;

	return buffers[next++ % NAME_BUFFERS];
}

static const char *inode_name(const struct inode *inode)
{
	char *name = name_buffer();

	if (!inode)
		return "-";
	snprintf(name, 64, "t%d.i%lu", tree_of(inode->i_sb)->id, inode->i_ino);
	return name;
}

static const char *dentry_name(const struct dentry *dentry)
{
	struct tree *tree = tree_of(dentry->d_sb);
	char *name = name_buffer();
	int i = 0;

	while (i < NAMES - 1 && tree->names[i] != dentry)
		i++;
	snprintf(name, 64, "t%d.n%d", tree->id, i);
	return name;
}

static const char *object_name(void *object, int type)
{
	char *name = name_buffer();

	if (type == FSNOTIFY_OBJ_TYPE_INODE)
		return inode_name((struct inode *)object);
	if (type == FSNOTIFY_OBJ_TYPE_SB) {
		snprintf(name, 64, "t%d.sb", tree_of((struct super_block *)object)->id);
	} else {
		struct tree *tree = tree_of(((struct vfsmount *)object)->mnt_sb);

		snprintf(name, 64, "t%d.mnt%d", tree->id, object == &tree->second.mnt);
	}
	return name;
}

static const char *data_name(const void *data, int type)
{
	char *name = name_buffer();

	if (type == FSNOTIFY_EVENT_INODE)
		snprintf(name, 64, "inode:%s", inode_name((const struct inode *)data));
	else if (type == FSNOTIFY_EVENT_DENTRY)
		snprintf(name, 64, "dentry:%s", dentry_name((const struct dentry *)data));
	else if (type == FSNOTIFY_EVENT_PATH)
		snprintf(name, 64, "path:%s", dentry_name(((const struct path *)data)->dentry));
	else if (type == FSNOTIFY_EVENT_ERROR)
		snprintf(name, 64, "error:%d:%s", ((const struct fs_error_report *)data)->error,
			 inode_name(((const struct fs_error_report *)data)->inode));
	else
		snprintf(name, 64, "type %d", type);
	return name;
}

static const char *event_name(const struct event *event)
{
	char *name = name_buffer();

	if (!event)
		return "none";
	snprintf(name, 64, event->id < 0 ? "overflow%d" : "e%d", event->id < 0 ? -event->id - 1 : event->id);
	return name;
}

/* ---- what was freed since it was last told of; the reaper frees in a thread of its own ---- */

static pthread_mutex_t freed_lock = PTHREAD_MUTEX_INITIALIZER;
static int n_freed_twice;

/* Of one group, or of all: a set in the order of names. */
static void tell_freed(const struct group *only)
{
	pthread_mutex_lock(&freed_lock);
	for (int i = 0; i < n_marks; i++) {
		if (marks[i].freed && !marks[i].freed_told && (!only || marks[i].group == only)) {
			marks[i].freed_told = true;
			emit("  free_mark m%d of g%d\n", i, marks[i].group->id);
		}
	}
	for (int i = 0; i < GROUPS; i++) {
		if (groups[i].gone && !groups[i].gone_told && (!only || &groups[i] == only)) {
			groups[i].gone_told = true;
			emit("  free_group_priv g%d\n", i);
		}
	}
	pthread_mutex_unlock(&freed_lock);
}

#endif /* ORACLE_WORLD_H */
