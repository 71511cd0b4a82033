// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system's notices, one by one, turned into changes of the mirror.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"

/*
 * What concerns an existing name. Of directories, opening and reading are left out: treewatch does that itself when it
 * reads them.
 */
#define FILE_NOTICES (IN_ACCESS | IN_OPEN | IN_CLOSE | IN_MODIFY)

static struct dentry *watched_directory(struct source *s, int wd)
{
	if (wd < 0 || (size_t)wd >= s->nr_wd || !s->by_wd[wd])
		return NULL;
	return mirror_alias(&s->by_wd[wd]->inode);
}

/* The first half of a rename found no second: the file left the tree. */
static void end_move(struct source *s, struct half_move *move)
{
	if (move->dentry)
		mirror_remove(s->mirror, move->dentry);
	move->dentry = NULL;
}

static void moved_from(struct source *s, struct dentry *dentry, uint32_t cookie)
{
	struct half_move *move = NULL;
	int i;

	for (i = 0; i < SOURCE_MOVES; i++) {
		if (!s->moves[i].dentry)
			move = &s->moves[i];
	}
	if (!move) {
		move = &s->moves[0];
		end_move(s, move);
	}
	/* A name can be at the beginning of one rename only; whatever ends it clears the pointer (change.c). */
	if (dentry->d_fsdata)
		*(struct dentry **)dentry->d_fsdata = NULL;
	move->dentry = dentry;
	move->cookie = cookie;
	dentry->d_fsdata = &move->dentry;
}

static struct half_move *first_half(struct source *s, uint32_t cookie)
{
	int i;

	for (i = 0; i < SOURCE_MOVES; i++) {
		if (s->moves[i].dentry && s->moves[i].cookie == cookie)
			return &s->moves[i];
	}
	return NULL;
}

/*
 * Two names that change places come as two renames. The first one seems to replace its target, which is then found at the
 * place that the other one left: if it has not moved on meanwhile.
 */
static bool exchanged(struct source *s, struct dentry *dentry, struct dentry *dir, const char *name)
{
	struct dentry *target = mirror_lookup(dir, name);
	struct attributes attr;

	if (!target || fsn_is_subdir(target, dentry) || fsn_is_subdir(dentry, target))
		return false;
	if (source_look(s, dentry, &attr) || !identity_equal(&attr.id, &node_of(target->d_inode)->id)) {
		s->replaced = dentry;
		return false;
	}
	mirror_exchange(dentry, target);
	s->exchanged = dentry;
	return true;
}

/* Is this notice the second rename of an exchange? */
static bool exchange_goes_on(struct source *s, struct dentry *dir, const struct inotify_event *notice)
{
	struct dentry *dentry = notice->mask & IN_MOVED_FROM ? mirror_lookup(dir, notice->name) : NULL;
	bool sure = dentry && dentry == s->exchanged;

	if (notice->mask & IN_MOVED_TO && s->exchanged_cookie == notice->cookie)
		return true;
	/* Moved back, or an exchange after all: the directory will tell. */
	if (dentry && dentry == s->replaced)
		s->stale = true;
	if (sure)
		s->exchanged_cookie = notice->cookie;
	s->exchanged = NULL;
	s->replaced = NULL;
	return sure;
}

static void moved_to(struct source *s, struct dentry *dir, const char *name, uint32_t cookie)
{
	struct half_move *move = first_half(s, cookie);
	struct dentry *dentry;

	if (move && exchanged(s, move->dentry, dir, name))
		return;
	if (move && !fsn_is_subdir(dir, move->dentry)) {
		dentry = mirror_rename(s->mirror, move->dentry, dir, name);
		if (dentry)
			source_refresh(s, dentry);
	} else {
		/* From outside of the tree, or from a directory that was not watched yet. */
		dentry = source_appear(s, dir, name);
	}
	if (dentry && S_ISDIR(dentry->d_inode->i_mode) && node_of(dentry->d_inode)->wd < 0)
		source_enter(s, dentry);
}

/*
 * A new name. What is there by now may be something else, or nothing: then a node of unknown identity stands for what was,
 * and the notices that follow tell the rest.
 */
static void created(struct source *s, struct dentry *dir, const char *name, bool is_dir)
{
	struct dentry *dentry = mirror_lookup(dir, name);
	struct inode *known = NULL;
	struct attributes attr;
	bool seen;

	if (dentry && dentry->d_fsdata) {
		/* Its former bearer went away with a rename of which we will not see the end. */
		mirror_remove(s->mirror, dentry);
		dentry = NULL;
	}
	/* Found by reading the directory before the notice came. */
	if (dentry)
		return;
	seen = !source_look_name(s, dir, name, &attr) && S_ISDIR(attr.mode) == is_dir;
	if (seen)
		known = mirror_find_identity(s->mirror, &attr.id);
	if (!seen || (known && (is_dir || (attr.mode ^ known->i_mode) & S_IFMT))) {
		memset(&attr, 0, sizeof(attr));
		attr.mode = is_dir ? S_IFDIR | 0755 : S_IFREG | 0644;
		known = NULL;
		s->stale = true;
	}
	dentry = known ? mirror_link(s->mirror, dir, name, known) : mirror_create(s->mirror, dir, name, &attr);
	if (dentry && is_dir)
		source_enter(s, dentry);
}

static void used(struct source *s, struct dentry *dentry, uint32_t mask)
{
	struct mirror *m = s->mirror;

	if (mask & IN_OPEN)
		mirror_opened(m, dentry);
	if (mask & IN_ACCESS)
		mirror_accessed(m, dentry);
	if (mask & IN_MODIFY) {
		source_refresh(s, dentry);
		mirror_modified(m, dentry);
	}
	if (mask & IN_CLOSE_WRITE)
		mirror_closed(m, dentry, true);
	if (mask & IN_CLOSE_NOWRITE)
		mirror_closed(m, dentry, false);
}

static void attributes_changed(struct source *s, struct dentry *dentry)
{
	struct attributes attr;

	mirror_changed_attributes(dentry, source_look(s, dentry, &attr) ? NULL : &attr);
}

/* The step file was written: everything before it is done first. */
void source_step(struct source *s)
{
	char path[PATH_MAX + sizeof(SOURCE_STEP_NAME) + 1], text[256];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", s->mirror->path, SOURCE_STEP_NAME);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	/* Not written yet: its notice comes. */
	if (len <= 0)
		return;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	source_settle(s);
	if (s->on_step)
		s->on_step(s->on_step_arg, text);
	unlink(path);
}

static void in_directory(struct source *s, struct dentry *dir, const struct inotify_event *notice)
{
	uint32_t mask = notice->mask;
	bool is_dir = mask & IN_ISDIR;
	struct dentry *dentry;

	if (dir == mirror_root(s->mirror) && !strcmp(notice->name, SOURCE_STEP_NAME)) {
		if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
			source_step(s);
		return;
	}
	if (exchange_goes_on(s, dir, notice))
		return;
	if (mask & IN_CREATE)
		created(s, dir, notice->name, is_dir);
	if (mask & IN_MOVED_TO)
		moved_to(s, dir, notice->name, notice->cookie);
	if (!(mask & (IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | FILE_NOTICES)) || (is_dir && mask & FILE_NOTICES))
		return;
	dentry = mirror_lookup(dir, notice->name);
	if (!dentry && !(mask & (IN_DELETE | IN_MOVED_FROM)))
		dentry = source_appear(s, dir, notice->name);
	if (!dentry)
		return;
	if (mask & IN_DELETE)
		mirror_remove(s->mirror, dentry);
	else if (mask & IN_MOVED_FROM)
		moved_from(s, dentry, notice->cookie);
	else if (mask & IN_ATTRIB)
		attributes_changed(s, dentry);
	else
		used(s, dentry, mask);
}

static void handle(struct source *s, const struct inotify_event *notice)
{
	struct dentry *dir;

	s->notices++;
	if (notice->mask & IN_Q_OVERFLOW) {
		s->overflows++;
		s->stale = true;
		return;
	}
	dir = watched_directory(s, notice->wd);
	if (!dir)
		return;
	if (notice->mask & (IN_IGNORED | IN_UNMOUNT)) {
		/* The directory went, or it was on a filesystem that did. Of a directory below, its parent tells. */
		s->by_wd[notice->wd]->wd = -1;
		s->by_wd[notice->wd] = NULL;
		if (dir == mirror_root(s->mirror))
			s->gone = true;
		return;
	}
	if (notice->len)
		in_directory(s, dir, notice);
	else if (notice->mask & IN_ATTRIB && dir == mirror_root(s->mirror))
		attributes_changed(s, dir);
}

/* Handles the notices that are waiting. */
void source_read(struct source *s)
{
	_Alignas(struct inotify_event) char buf[65536];
	const struct inotify_event *notice;
	ssize_t len;
	char *at;

	while ((len = read(s->fd, buf, sizeof(buf))) > 0) {
		for (at = buf; at < buf + len; at += sizeof(*notice) + notice->len) {
			notice = (const struct inotify_event *)(void *)at;
			handle(s, notice);
		}
	}
}

/* Is there something that source_settle() should do when no notice comes for a while? */
bool source_waits(const struct source *s)
{
	int i;

	for (i = 0; i < SOURCE_MOVES; i++) {
		if (s->moves[i].dentry)
			return true;
	}
	return s->stale && !s->gone;
}

/* No notice is waiting: what is unfinished now stays so. */
void source_settle(struct source *s)
{
	int i;

	for (i = 0; i < SOURCE_MOVES; i++)
		end_move(s, &s->moves[i]);
	if (!s->stale || s->gone)
		return;
	s->stale = false;
	s->scan++;
	s->scans++;
	if (node_of(mirror_root(s->mirror)->d_inode)->wd >= 0)
		source_scan(s, mirror_root(s->mirror));
}

/* Starts watching, and fills the mirror. 0 or a negative errno. */
int source_open(struct source *s, struct mirror *m)
{
	struct dentry *root = mirror_root(m);

	memset(s, 0, sizeof(*s));
	s->mirror = m;
	s->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	m->on_evict = source_release;
	m->on_evict_arg = s;
	source_refresh(s, root);
	s->scan++;
	source_enter(s, root);
	return 0;
}

/* The mirror goes on without a source. */
void source_close(struct source *s)
{
	size_t wd;

	for (wd = 0; wd < s->nr_wd; wd++) {
		if (s->by_wd[wd])
			s->by_wd[wd]->wd = -1;
	}
	s->mirror->on_evict = NULL;
	close(s->fd);
	free(s->by_wd);
	s->by_wd = NULL;
	s->nr_wd = 0;
}
