/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where treewatch learns what happens in the real directory: one inotify watch of the system's on every directory.
 *
 * A notice says what happened to a name some time ago; a look at the file says what is there now. The mirror follows the
 * notices, and looks only to learn what they do not tell. When the two cannot be brought together, or notices were lost, the
 * whole tree is read again as soon as no notice is waiting, and the differences are reported as changes.
 */
#ifndef TREEWATCH_SOURCE_H
#define TREEWATCH_SOURCE_H

#include "mirror.h"

/* A file of this name in the watched directory is a message to treewatch: not mirrored, read, removed. */
#define SOURCE_STEP_NAME ".treewatch-step"

#define SOURCE_MOVES 16

/* The first half of a rename, until the second comes. */
struct half_move {
	/* NULL: free, or the name has gone meanwhile */
	struct dentry *dentry;
	uint32_t cookie;
};

struct source {
	int fd;
	struct mirror *mirror;
	/* by watch; NULL: no longer ours */
	struct node **by_wd;
	size_t nr_wd;
	struct half_move moves[SOURCE_MOVES];
	/* has changed places with another; the notice that the other one moves, too, is next (NULL: no) */
	struct dentry *exchanged;
	/* has replaced another, or perhaps changed places with it; the next notice will tell (NULL: no) */
	struct dentry *replaced;
	/* of that notice, whose second half follows */
	uint32_t exchanged_cookie;
	/* the mirror may differ from the directory */
	bool stale;
	/* the watched directory itself has gone */
	bool gone;
	bool told_limit;
	bool told_closed;
	/* number of the current reading of the tree */
	unsigned long scan;
	unsigned long notices;
	unsigned long overflows;
	unsigned long scans;
	/* the step file has appeared with this text; everything before it is in the mirror (may be NULL) */
	void (*on_step)(void *arg, const char *text);
	void *on_step_arg;
};

/* source.c */
int source_open(struct source *s, struct mirror *m);
void source_close(struct source *s);
bool source_waits(const struct source *s);
void source_read(struct source *s);
void source_settle(struct source *s);
void source_step(struct source *s);

/* scan.c */
int source_look(struct source *s, struct dentry *dentry, struct attributes *attr);
int source_look_name(struct source *s, struct dentry *dir, const char *name, struct attributes *attr);
struct dentry *source_appear(struct source *s, struct dentry *dir, const char *name);
void source_enter(struct source *s, struct dentry *dir);
void source_scan(struct source *s, struct dentry *dir);
unsigned long source_differences(struct source *s, struct dentry *dir);
void source_refresh(struct source *s, struct dentry *dentry);
void source_release(void *arg, struct node *node);

#endif
