// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ignore masks: what they suppress, with each of their flags; what clears them.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include "support.h"

#define SURV FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY
#define FLAGS FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS

static struct tfs *fs;
static struct dentry *file, *dir;
static struct fsnotify_group *group;

static void setup(void)
{
	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	dir = dir_by_hand(fs, fs->root, "dir");
	group = group_new(&full_ops);
	calls_reset();
}

static void teardown(void)
{
	fsnotify_destroy_group(group);
	fs_end(fs);
}

static struct fsnotify_mark *on_inode(struct dentry *dentry, __u32 mask, __u32 ignore, unsigned int flags)
{
	return watch_with(group, dentry->d_inode, FSNOTIFY_OBJ_TYPE_INODE, mask, ignore, flags);
}

static struct fsnotify_mark *on_sb(__u32 mask, __u32 ignore, unsigned int flags)
{
	return watch_with(group, &fs->sb, FSNOTIFY_OBJ_TYPE_SB, mask, ignore, flags);
}

/* How many calls one event makes. */
static int fire(struct dentry *dentry, __u32 mask)
{
	int before = ncalls;

	fsnotify_dentry(dentry, mask);
	return ncalls - before;
}

static void combined(void)
{
	struct fsnotify_group *other;

	setup();
	other = group_new(&full_ops);
	on_sb(FS_OPEN | FS_ACCESS, 0, 0);
	on_inode(file, 0, FS_OPEN, SURV);
	is(fire(file, FS_OPEN), 0, "behaviour 9: the ignore mask of one mark suppresses what another of the group asks for");
	is(fire(file, FS_ACCESS), 1, "ignore: other events come");
	is(fire(dir, FS_OPEN), 1, "ignore: other objects' events come");
	watch_sb(other, &fs->sb, FS_OPEN);
	is(fire(file, FS_OPEN), 1, "ignore: other groups are called");
	is_ptr(calls[ncalls - 1].group, other, "ignore: that group, and not the one that ignores");
	fsnotify_destroy_group(other);
	teardown();

	setup();
	on_sb(FS_OPEN | FS_ACCESS | FS_ATTRIB, FS_ACCESS, SURV);
	on_inode(file, FS_OPEN | FS_ACCESS, FS_OPEN, SURV);
	is(fire(file, FS_OPEN), 0, "behaviour 9: the ignore masks of all marks are combined: the inode's");
	is(fire(file, FS_ACCESS), 0, "behaviour 9: the ignore masks of all marks are combined: the superblock's");
	is(fire(file, FS_OPEN | FS_ATTRIB), 1, "ignore: an event with one bit left is delivered");
	is(calls[ncalls - 1].mask, FS_OPEN | FS_ATTRIB, "ignore: with its whole mask");
	teardown();
}

static void modification(void)
{
	struct fsnotify_mark *mark;

	setup();
	mark = on_inode(file, FS_OPEN | FS_MODIFY, FS_OPEN, 0);
	is(fire(file, FS_OPEN), 0, "modify: ignored before");
	is(fire(file, FS_MODIFY), 1, "modify: delivered");
	is(mark->ignore_mask, 0, "modify: clears the ignore mask");
	is(fire(file, FS_OPEN), 1, "modify: not ignored afterwards");
	teardown();

	setup();
	mark = on_inode(file, FS_MODIFY, FS_MODIFY, 0);
	is(fire(file, FS_MODIFY), 1, "behaviour 9: FS_MODIFY clears ignore masks before they are evaluated: it is delivered");
	is(mark->ignore_mask, 0, "behaviour 9: and the ignore mask is gone");
	teardown();

	setup();
	mark = on_inode(file, FS_MODIFY | FS_OPEN, FS_MODIFY | FS_OPEN, SURV);
	is(fire(file, FS_MODIFY), 0, "SURV_MODIFY: an ignored FS_MODIFY is ignored");
	is(mark->ignore_mask, FS_MODIFY | FS_OPEN, "SURV_MODIFY: the ignore mask survives");
	is(fire(file, FS_OPEN), 0, "SURV_MODIFY: and takes effect");
	teardown();

	/* Nobody asks for FS_MODIFY, but the ignore mask has to learn of it. */
	setup();
	mark = on_inode(file, 0, FS_OPEN, 0);
	on_sb(FS_OPEN, 0, 0);
	is(fire(file, FS_OPEN), 0, "modify: ignored before it");
	is(fire(file, FS_MODIFY), 0, "modify: not delivered to a group that does not ask for it");
	is(mark->ignore_mask, 0, "modify: but it clears the ignore mask");
	is(fire(file, FS_OPEN), 1, "modify: so the next event comes");
	teardown();
}

static void legacy_flags(void)
{
	setup();
	on_inode(dir, FS_OPEN, FS_OPEN, SURV);
	is(fire(dir, FS_OPEN), 0, "legacy: an ignore mask holds for directories");
	teardown();

	/* A parent's ignore mask holds for its children if its mark watches children. */
	setup();
	on_inode(fs->root, FS_EVENT_ON_CHILD, FS_OPEN, SURV);
	on_sb(FS_OPEN, 0, 0);
	is(fire(file, FS_OPEN), 0, "legacy: a parent that watches its children ignores for them");
	is(fire(file, FS_OPEN | FS_ACCESS), 0, "legacy: nobody asked for the other bit");
	teardown();

	setup();
	on_inode(fs->root, FS_ATTRIB, FS_OPEN, SURV);
	on_sb(FS_OPEN, 0, 0);
	is(fire(file, FS_OPEN), 1, "legacy: one that does not watch its children does not");
	is(fire(fs->root, FS_OPEN), 0, "legacy: but for itself");
	teardown();
}

static void ignore_flags(void)
{
	struct fsnotify_mark *mark;

	setup();
	mark = on_inode(dir, FS_OPEN, FS_OPEN, SURV | FLAGS);
	is(fire(dir, FS_OPEN), 1, "HAS_IGNORE_FLAGS: without FS_ISDIR directories' events are not ignored");
	mark->ignore_mask |= FS_ISDIR;
	fsnotify_recalc_mask(mark->connector);
	is(fire(dir, FS_OPEN), 0, "HAS_IGNORE_FLAGS: with FS_ISDIR they are");
	on_inode(file, FS_OPEN, FS_OPEN | FS_ISDIR, SURV | FLAGS);
	is(fire(file, FS_OPEN), 0, "HAS_IGNORE_FLAGS: FS_ISDIR does not keep files' events");
	teardown();

	setup();
	on_inode(file, FS_OPEN, FS_OPEN, SURV | FLAGS);
	is(fire(file, FS_OPEN), 0, "HAS_IGNORE_FLAGS: files' events are ignored without any flag");
	teardown();

	/* Children: what counts is FS_EVENT_ON_CHILD in the ignore mask, not in the mask. */
	setup();
	mark = on_inode(fs->root, FS_OPEN | FS_EVENT_ON_CHILD, FS_OPEN, SURV | FLAGS);
	is(fire(file, FS_OPEN), 1, "HAS_IGNORE_FLAGS: without FS_EVENT_ON_CHILD children's events are not ignored");
	mark->ignore_mask |= FS_EVENT_ON_CHILD;
	fsnotify_recalc_mask(mark->connector);
	is(fire(file, FS_OPEN), 0, "HAS_IGNORE_FLAGS: with it they are");
	teardown();

	setup();
	on_inode(fs->root, 0, FS_OPEN | FS_EVENT_ON_CHILD, SURV | FLAGS);
	on_sb(FS_OPEN, 0, 0);
	is(fire(file, FS_OPEN), 0, "HAS_IGNORE_FLAGS: a parent mark that only ignores on children is in the iterator");
	is(fire(fs->root, FS_OPEN), 1, "HAS_IGNORE_FLAGS: the directory's own events need FS_ISDIR");
	teardown();

	/* A subdirectory's event that is reported to its parent needs both. */
	setup();
	mark = on_inode(fs->root, FS_OPEN | FS_EVENT_ON_CHILD, FS_OPEN | FS_EVENT_ON_CHILD, SURV | FLAGS);
	is(fire(dir, FS_OPEN), 1, "HAS_IGNORE_FLAGS: a child directory needs FS_ISDIR too");
	mark->ignore_mask |= FS_ISDIR;
	fsnotify_recalc_mask(mark->connector);
	is(fire(dir, FS_OPEN), 0, "HAS_IGNORE_FLAGS: with both it is ignored");
	teardown();
}

static void inlines(void)
{
	struct fsnotify_mark mark = { .mask = FS_OPEN | FS_EVENT_ON_CHILD, .ignore_mask = FS_ACCESS };

	is(fsnotify_ignore_mask(&mark), FS_ACCESS | FS_ISDIR | FS_EVENT_ON_CHILD, "ignore_mask: legacy adds its flags");
	is(fsnotify_ignored_events(&mark), FS_ACCESS, "ignored_events: events only");
	mark.mask = FS_OPEN;
	mark.ignore_mask |= FS_EVENT_ON_CHILD;
	is(fsnotify_ignore_mask(&mark), FS_ACCESS | FS_ISDIR, "ignore_mask: legacy takes FS_EVENT_ON_CHILD from the mask");
	mark.flags = FLAGS;
	is(fsnotify_ignore_mask(&mark), FS_ACCESS | FS_EVENT_ON_CHILD, "ignore_mask: as it is with HAS_IGNORE_FLAGS");
	is(fsnotify_effective_ignore_mask(&mark, true, FSNOTIFY_ITER_TYPE_INODE), 0, "effective: not for a directory");
	is(fsnotify_effective_ignore_mask(&mark, false, FSNOTIFY_ITER_TYPE_PARENT), FS_ACCESS, "effective: for a child");
	is(fsnotify_effective_ignore_mask(&mark, false, FSNOTIFY_ITER_TYPE_SB), FS_ACCESS, "effective: for a file");
	is(fsnotify_calc_mask(&mark), FS_OPEN | FS_ACCESS | FS_MODIFY | FS_EVENT_ON_CHILD, "calc_mask: interest in ignoring");
}

int main(void)
{
	tests_begin();
	combined();
	modification();
	legacy_flags();
	ignore_flags();
	inlines();
	return tests_end();
}
