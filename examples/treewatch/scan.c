// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking at the real directory: watching it, reading it, and bringing the mirror in line with what is there.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "source.h"

/*
 * Without IN_DELETE_SELF and IN_MOVE_SELF: the parent tells. IN_EXCL_UNLINK: a file that has lost its name is not served
 * any more.
 */
#define WATCH_MASK (IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_CLOSE | IN_OPEN | IN_MOVE | IN_CREATE | IN_DELETE)
#define WATCH_FLAGS (IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

static int look_at(const char *path, struct attributes *attr)
{
	struct statx stx;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &stx))
		return -errno;
	memset(attr, 0, sizeof(*attr));
	attr->id.dev = ((uint64_t)stx.stx_dev_major << 20) | stx.stx_dev_minor;
	attr->id.ino = stx.stx_ino;
	if (stx.stx_mask & STATX_BTIME) {
		attr->id.born = stx.stx_btime.tv_sec;
		attr->id.born_nsec = stx.stx_btime.tv_nsec;
	}
	attr->mode = stx.stx_mode;
	attr->nlink = stx.stx_nlink;
	attr->uid = stx.stx_uid;
	attr->gid = stx.stx_gid;
	attr->size = stx.stx_size;
	return 0;
}

/* What is at the dentry's path now. 0 or a negative errno. */
int source_look(struct source *s, struct dentry *dentry, struct attributes *attr)
{
	char path[PATH_MAX];
	int err = mirror_real_path(s->mirror, dentry, path, sizeof(path));

	return err ? err : look_at(path, attr);
}

int source_look_name(struct source *s, struct dentry *dir, const char *name, struct attributes *attr)
{
	char path[PATH_MAX];
	size_t used;
	int err = mirror_real_path(s->mirror, dir, path, sizeof(path));

	if (err)
		return err;
	used = strlen(path);
	if (used + 1 + strlen(name) >= sizeof(path))
		return -ENAMETOOLONG;
	path[used] = '/';
	strcpy(path + used + 1, name);
	return look_at(path, attr);
}

/* Learns who the file at this name is if that is not known, and what it looks like now. */
void source_refresh(struct source *s, struct dentry *dentry)
{
	struct node *node = node_of(dentry->d_inode);
	struct attributes attr;

	if (source_look(s, dentry, &attr) || (attr.mode ^ node->inode.i_mode) & S_IFMT)
		return;
	mirror_attributes(dentry, &attr);
	if (!identity_equal(&node->id, &attr.id) && !mirror_find_identity(s->mirror, &attr.id))
		mirror_identify(s->mirror, node, &attr.id);
}

static void tell_once(bool *told, const char *text)
{
	if (!*told)
		fprintf(stderr, "treewatch: %s\n", text);
	*told = true;
}

/* The directory's node ends: so does its watch. */
void source_release(void *arg, struct node *node)
{
	struct source *s = arg;

	if (node->wd < 0)
		return;
	/* Fails if the directory is gone already, and the watch with it. */
	inotify_rm_watch(s->fd, node->wd);
	s->by_wd[node->wd] = NULL;
	node->wd = -1;
}

static bool remember_watch(struct source *s, int wd, struct node *node)
{
	struct node **bigger;
	size_t nr = s->nr_wd ? s->nr_wd : 64;

	while (nr <= (size_t)wd)
		nr *= 2;
	if (nr > s->nr_wd) {
		bigger = realloc(s->by_wd, nr * sizeof(*bigger));
		if (!bigger)
			return false;
		memset(bigger + s->nr_wd, 0, (nr - s->nr_wd) * sizeof(*bigger));
		s->by_wd = bigger;
		s->nr_wd = nr;
	}
	if (s->by_wd[wd] && s->by_wd[wd] != node) {
		/* The same real directory was watched as another one of ours: paths have changed under our feet. */
		s->by_wd[wd]->wd = -1;
		s->stale = true;
	}
	s->by_wd[wd] = node;
	node->wd = wd;
	return true;
}

static void watch(struct source *s, struct dentry *dir)
{
	struct node *node = node_of(dir->d_inode);
	char path[PATH_MAX];
	int wd;

	if (mirror_real_path(s->mirror, dir, path, sizeof(path)))
		return;
	wd = inotify_add_watch(s->fd, path, WATCH_MASK | WATCH_FLAGS);
	if (wd >= 0) {
		if (!remember_watch(s, wd, node))
			inotify_rm_watch(s->fd, wd);
	} else if (errno == ENOSPC || errno == ENOMEM) {
		tell_once(&s->told_limit, "no inotify watch is left (see fs.inotify.max_user_watches): some directories are not followed");
	} else if (errno == EACCES) {
		tell_once(&s->told_closed, "some directories may not be read, so they are not followed");
	} else {
		s->stale = true;
	}
}

/* A directory that is new in the mirror: watched first, then read, so that nothing falls between. */
void source_enter(struct source *s, struct dentry *dir)
{
	struct mirror *m = s->mirror;

	if (m->on_directory)
		m->on_directory(m->on_directory_arg, dir->d_inode);
	watch(s, dir);
	source_scan(s, dir);
}

/* A file that we know under another name: the same file twice, or moved while nobody looked? NULL: a new file after all. */
static struct dentry *appear_known(struct source *s, struct dentry *dir, const char *name, struct inode *inode,
				   const struct attributes *attr)
{
	struct dentry *old = mirror_alias(inode);

	if (!old || (attr->mode ^ inode->i_mode) & S_IFMT)
		return NULL;
	if (!S_ISDIR(attr->mode) && attr->nlink > 1)
		return mirror_link(s->mirror, dir, name, inode);
	if (fsn_is_subdir(dir, old)) {
		s->stale = true;
		return NULL;
	}
	return mirror_rename(s->mirror, old, dir, name);
}

/* Brings one name in line with what is there: its dentry, or NULL if nothing is there (any more). */
struct dentry *source_appear(struct source *s, struct dentry *dir, const char *name)
{
	struct dentry *dentry = mirror_lookup(dir, name);
	struct attributes attr;
	struct inode *known;

	if (source_look_name(s, dir, name, &attr)) {
		if (dentry)
			mirror_remove(s->mirror, dentry);
		return NULL;
	}
	if (dentry) {
		struct node *node = node_of(dentry->d_inode);

		if (identity_equal(&node->id, &attr.id) || !node->id.ino) {
			source_refresh(s, dentry);
			return dentry;
		}
		mirror_remove(s->mirror, dentry);
	}
	known = mirror_find_identity(s->mirror, &attr.id);
	dentry = known ? appear_known(s, dir, name, known, &attr) : NULL;
	return dentry ? dentry : mirror_create(s->mirror, dir, name, &attr);
}

/* A name as read from the directory. */
struct entry {
	struct entry *next;
	char name[];
};

/*
 * All names of a directory at once, so that a deep tree does not keep a descriptor open for each level. False: it cannot be
 * read.
 */
static bool read_names(struct source *s, struct dentry *dir, struct entry **names)
{
	char path[PATH_MAX];
	struct dirent *real;
	struct entry *entry;
	DIR *stream;
	int err;

	*names = NULL;
	if (mirror_real_path(s->mirror, dir, path, sizeof(path)))
		return false;
	stream = opendir(path);
	if (!stream)
		return false;
	for (errno = 0; (real = readdir(stream)); errno = 0) {
		if (!strcmp(real->d_name, ".") || !strcmp(real->d_name, ".."))
			continue;
		if (dir == mirror_root(s->mirror) && !strcmp(real->d_name, SOURCE_STEP_NAME))
			continue;
		entry = malloc(sizeof(*entry) + strlen(real->d_name) + 1);
		if (!entry)
			continue;
		strcpy(entry->name, real->d_name);
		entry->next = *names;
		*names = entry;
	}
	err = errno;
	closedir(stream);
	return !err;
}

/* Brings a directory and all below it in line with what is there. */
void source_scan(struct source *s, struct dentry *dir)
{
	struct entry *names, *entry;
	struct dentry *child;
	struct hlist_node *next;
	bool complete = read_names(s, dir, &names);

	/* The children that are there get the number of this reading; those that keep an older one are gone. */
	while ((entry = names)) {
		names = entry->next;
		child = source_appear(s, dir, entry->name);
		free(entry);
		if (!child)
			continue;
		child->d_time = s->scan;
		if (!S_ISDIR(child->d_inode->i_mode))
			continue;
		if (node_of(child->d_inode)->wd < 0)
			source_enter(s, child);
		else
			source_scan(s, child);
	}
	if (!complete)
		return;
	fsn_hlist_for_each_entry_safe(child, next, &dir->d_children, d_sib) {
		if (child->d_time != s->scan)
			mirror_remove(s->mirror, child);
	}
}

/* How many names differ between the mirror and what is there, below a directory. Changes nothing. */
unsigned long source_differences(struct source *s, struct dentry *dir)
{
	unsigned long differences = 0, ours = 0, there = 0, common = 0;
	struct entry *names, *entry;
	struct dentry *child;
	struct attributes attr;

	if (!read_names(s, dir, &names))
		return 0;
	while ((entry = names)) {
		names = entry->next;
		there++;
		child = mirror_lookup(dir, entry->name);
		free(entry);
		if (!child)
			continue;
		common++;
		if (source_look(s, child, &attr) || !identity_equal(&node_of(child->d_inode)->id, &attr.id))
			differences++;
	}
	fsn_hlist_for_each_entry(child, &dir->d_children, d_sib) {
		ours++;
		if (S_ISDIR(child->d_inode->i_mode))
			differences += source_differences(s, child);
	}
	return differences + (there - common) + (ours - common);
}
