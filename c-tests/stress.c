/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything at the same time, from more threads than there are processors: events fire on shared files that are renamed, created
 * and deleted meanwhile; groups come and go with marks of every kind; marks change, are found, detached and destroyed, by
 * themselves, by group, by type and with their object; handlers pin and wait; queues overflow; memory is short. Afterwards
 * every callback has been called as often as it must, and every count is back where it was.
 */
#include <fsnotify/fsnotify.h>
#include <fsnotify/fsn/mount.h>
#include "life/storm.h"

enum { DIRS = 3, FILES = 6, GROUPS = 5, NEW_FILES = 3 };

static struct super_block *sb;
static struct vfsmount *mnt;
static struct dentry *dirs[DIRS], *files[FILES];
static struct slot groups[GROUPS], new_files[NEW_FILES];
/* held for what a filesystem's rename lock is held */
static pthread_mutex_t renames = PTHREAD_MUTEX_INITIALIZER;
static FILE *nowhere;

/* An object that is there for good. */
static void *any_object(enum fsnotify_obj_type *type)
{
	*type = FSNOTIFY_OBJ_TYPE_INODE;
	switch (roll(8)) {
	case 0:
		*type = FSNOTIFY_OBJ_TYPE_SB;
		return sb;
	case 1:
		*type = FSNOTIFY_OBJ_TYPE_VFSMOUNT;
		return mnt;
	case 2:
	case 3:
		return dirs[roll(DIRS)]->d_inode;
	default:
		return files[roll(FILES)]->d_inode;
	}
}

static void add_anywhere(struct fsnotify_group *group)
{
	enum fsnotify_obj_type type;
	void *object = any_object(&type);

	storm_add(group, object, type);
}

static void find_anywhere(struct fsnotify_group *group)
{
	enum fsnotify_obj_type type;
	void *object = any_object(&type);

	storm_find(group, object, type);
}

/* ---- the threads ---- */

static void rename_one(void)
{
	struct dentry *file = files[roll(FILES)], *to, *from_dir;
	struct dentry *to_dir = dirs[roll(DIRS)];
	struct name_snapshot old;
	char name[16];

	snprintf(name, sizeof(name), "name%u", roll(1000));
	pthread_mutex_lock(&renames);
	to = fsn_d_alloc_name(to_dir, name);
	if (to) {
		from_dir = fsn_dget_parent(file);
		fsn_take_dentry_name_snapshot(&old, file);
		fsn_d_move(file, to);
		fsnotify_move(from_dir->d_inode, to_dir->d_inode, &old.name, 0, NULL, file);
		fsn_release_dentry_name_snapshot(&old);
		fsn_dput(from_dir);
		fsn_dput(to);
	}
	pthread_mutex_unlock(&renames);
}

static void fire_one(struct dentry *dentry)
{
	struct path path = { .mnt = mnt, .dentry = dentry };

	switch (roll(6)) {
	case 0:
		fsnotify_inode(dentry->d_inode, FS_ATTRIB);
		break;
	case 1:
		fsnotify_dentry(dentry, FS_MODIFY);
		break;
	case 2:
		fsnotify_path(&path, FS_OPEN);
		break;
	case 3:
		fsnotify_path(&path, FS_OPEN_PERM);
		break;
	case 4:
		fsnotify_path(&path, FS_MODIFY);
		break;
	default:
		fsnotify_parent(dentry, FS_ATTRIB, dentry, FSNOTIFY_EVENT_DENTRY);
	}
}

static void fire(void)
{
	if (roll(24) == 0)
		rename_one();
	else
		fire_one(roll(8) ? files[roll(FILES)] : dirs[roll(DIRS)]);
}

/* Groups of a thread's own. */
static void make_groups(void)
{
	struct fsnotify_group *group = storm_group(false);
	unsigned int marks = roll(12);

	if (!group)
		return;
	while (marks--) {
		add_anywhere(group);
		if (roll(4) == 0)
			find_anywhere(group);
	}
	if (roll(4) == 0)
		fsnotify_clear_marks_by_group(group, roll(FSNOTIFY_OBJ_TYPE_COUNT));
	if (roll(4) == 0)
		fsnotify_group_stop_queueing(group);
	storm_group_end(group);
}

/* Another group in a slot; the old one ends while others are at its marks. */
static void replace_group(void)
{
	struct fsnotify_group *old = (struct fsnotify_group *)slot_exchange(&groups[roll(GROUPS)], storm_group(true));

	if (old)
		storm_group_end(old);
}

/* Groups that several threads are at. */
static void share_groups(void)
{
	struct slot *slot = &groups[roll(GROUPS)], *file_slot = &new_files[roll(NEW_FILES)];
	struct fsnotify_group *group;
	struct dentry *file;
	unsigned int i;

	if (roll(40) == 0)
		replace_group();
	group = slot_group(slot);
	if (!group)
		return;
	for (i = roll(4); i; i--)
		add_anywhere(group);
	pthread_rwlock_rdlock(&file_slot->lock);
	file = fsn_dget((struct dentry *)file_slot->object);
	pthread_rwlock_unlock(&file_slot->lock);
	if (file) {
		/* which may be deleted meanwhile */
		storm_add(group, file->d_inode, FSNOTIFY_OBJ_TYPE_INODE);
		fire_one(file);
		fsn_dput(file);
	}
	pthread_rwlock_unlock(&slot->lock);
	/* from here on the group may be destroyed meanwhile */
	for (i = roll(6); i; i--)
		find_anywhere(group);
	if (roll(16) == 0)
		fsnotify_clear_marks_by_group(group, roll(FSNOTIFY_OBJ_TYPE_COUNT));
	fsnotify_put_group(group);
}

static void drain_groups(void)
{
	struct slot *slot = &groups[roll(GROUPS)];
	struct fsnotify_group *group = slot_group(slot);

	if (!group)
		return;
	if (roll(8))
		storm_drain(group, 8);
	else
		fsnotify_flush_notify(group);
	pthread_rwlock_unlock(&slot->lock);
	fsnotify_put_group(group);
}

static void delete_file(struct dentry *dir, struct dentry *file)
{
	if (!file)
		return;
	fsn_drop_nlink(file->d_inode);
	fsnotify_link_count(file->d_inode);
	d_delete_notify(dir->d_inode, file);
	fsn_dput(file);
}

/* Files come and go, each slot's in a directory of its own. */
static void make_files(void)
{
	unsigned int i = roll(NEW_FILES);
	struct dentry *dir = dirs[i % DIRS], *file;
	struct inode *inode;
	char name[16];

	snprintf(name, sizeof(name), "new%u", i);
	pthread_mutex_lock(&renames);
	delete_file(dir, (struct dentry *)slot_exchange(&new_files[i], NULL));
	file = fsn_d_alloc_name(dir, name);
	inode = file ? fsn_new_inode(sb) : NULL;
	if (inode) {
		inode->i_mode = S_IFREG | 0644;
		fsn_d_add(file, inode);
		fsnotify_create(dir->d_inode, file);
		slot_exchange(&new_files[i], file);
	} else {
		fsn_dput(file);
	}
	pthread_mutex_unlock(&renames);
}

/* Looks at everything, waits for everything, and lets memory run out now and then. */
static void look_around(void)
{
	struct fsn_stats stats;

	switch (roll(5)) {
	case 0:
		fsn_dump(nowhere);
		break;
	case 1:
		fsn_stats(&stats);
		break;
	case 2:
		fsnotify_wait_marks_destroyed();
		break;
	case 3:
		fsn_fail_alloc(roll(60), roll(6));
		usleep(100);
		fsn_fail_alloc(0, 0);
		break;
	default:
		fsn_memcg_set_limit(low_memory, 2000 + roll(20000));
		fsn_memcg_usage(low_memory);
	}
}

static const struct part parts[] = {
	{ fire, 15000 }, { fire, 15000 }, { fire, 15000 }, { make_groups, 400 }, { make_groups, 400 }, { share_groups, 1500 },
	{ share_groups, 1500 }, { drain_groups, 2000 }, { make_files, 1000 }, { look_around, 50 },
};

int main(void)
{
	int inode_refs[DIRS + FILES], dentry_refs[DIRS + FILES], i;
	atomic_long_t *watched_objects;
	char name[16];

	storm_begin();
	nowhere = fopen("/dev/null", "w");
	low_memory = fsn_memcg_create("low");
	fsn_memcg_set_limit(low_memory, 10000);
	for (i = 0; i < GROUPS; i++)
		pthread_rwlock_init(&groups[i].lock, NULL);
	for (i = 0; i < NEW_FILES; i++)
		pthread_rwlock_init(&new_files[i].lock, NULL);
	sb = fsn_alloc_super(NULL, NULL, 0);
	sb->s_root = fsn_d_make_root(fsn_new_inode(sb));
	sb->s_root->d_inode->i_mode = S_IFDIR | 0755;
	mnt = fsn_alloc_mount(sb);
	for (i = 0; i < DIRS + FILES; i++) {
		struct dentry **made = i < DIRS ? &dirs[i] : &files[i - DIRS];
		struct inode *inode = fsn_new_inode(sb);

		inode->i_mode = i < DIRS ? S_IFDIR | 0755 : S_IFREG | 0644;
		snprintf(name, sizeof(name), "%d", i);
		*made = fsn_d_alloc_name(i < DIRS ? sb->s_root : dirs[i % DIRS], name);
		fsn_d_add(*made, inode);
	}
	for (i = 0; i < DIRS + FILES; i++) {
		struct dentry *dentry = i < DIRS ? dirs[i] : files[i - DIRS];

		inode_refs[i] = icount(dentry->d_inode);
		dentry_refs[i] = (int)fsn_d_count(dentry);
	}

	storm_run(parts, sizeof(parts) / sizeof(parts[0]));

	fsn_fail_alloc(0, 0);
	for (i = 0; i < GROUPS; i++)
		if (groups[i].object)
			storm_group_end((struct fsnotify_group *)groups[i].object);
	for (i = 0; i < NEW_FILES; i++)
		delete_file(dirs[i % DIRS], (struct dentry *)new_files[i].object);
	fsn_quiesce();
	storm_report();
	for (i = 0; i < DIRS + FILES; i++) {
		struct dentry *dentry = i < DIRS ? dirs[i] : files[i - DIRS];
		struct inode *inode = dentry->d_inode;

		is(icount(inode), inode_refs[i], "stress: inode %d has the references that it had", i);
		ok(!inode->i_fsnotify_mask && !inode->i_fsnotify_marks, "stress: nor a mask, nor a connector");
		if (i >= DIRS)
			is(fsn_d_count(dentry), dentry_refs[i], "stress: file %d has the references that it had", i);
	}
	ok(!sb->s_fsnotify_mask && !fsn_real_mount(mnt)->mnt_fsnotify_mask && !fsn_real_mount(mnt)->mnt_fsnotify_marks,
	   "stress: nothing is left of marks on the superblock and the mount");
	watched_objects = fsnotify_sb_watched_objects(sb);
	for (i = 0; i < __FSNOTIFY_PRIO_NUM; i++)
		is(watched_objects[i].counter, 0, "stress: no object is watched at priority %d", i);
	for (i = 0; i < FILES; i++)
		fsn_dput(files[i]);
	for (i = 0; i < DIRS; i++)
		fsn_dput(dirs[i]);
	fsn_mntput(mnt);
	fsn_deactivate_super(sb);
	is(fsn_memcg_usage(low_memory), 0, "stress: nothing is charged any more");
	fsn_memcg_put(low_memory);
	fclose(nowhere);
	return tests_end();
}
