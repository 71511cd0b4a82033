/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Superblocks are mounted and unmounted, with watches on them and on their files, while events fire on others, groups with marks
 * on all of them come and go, and marks are found and destroyed by their own references.
 */
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include "life/storm.h"

enum { DISKS = 4, GROUPS = 5, FILES = 5 };

struct disk {
	struct super_block *sb;
	struct vfsmount *mnt;
	struct dentry *files[FILES];
};

static struct slot disks[DISKS], groups[GROUPS];
static int n_disks_made, n_put_super, n_inodes_made, n_inodes_freed, n_left_of_disk;

static struct inode *disk_alloc_inode(struct super_block *sb)
{
	struct inode *inode = (struct inode *)fsn_kzalloc(sizeof(*inode), T_GFP);

	(void)sb;
	if (inode)
		bump(n_inodes_made);
	return inode;
}

static void disk_free_inode(struct inode *inode)
{
	if (inode->i_fsnotify_marks || inode->i_count.counter)
		bump(n_left_of_disk);
	bump(n_inodes_freed);
	fsn_kfree(inode);
}

static void disk_put_super(struct super_block *sb)
{
	int i;

	for (i = 0; i < __FSNOTIFY_PRIO_NUM; i++)
		if (sb->s_fsnotify_info && fsnotify_sb_watched_objects(sb)[i].counter)
			bump(n_left_of_disk);
	bump(n_put_super);
}

static const struct super_operations disk_ops = {
	.alloc_inode = disk_alloc_inode,
	.free_inode = disk_free_inode,
	.put_super = disk_put_super,
};

static struct disk *mount_disk(void)
{
	struct disk *disk = (struct disk *)fsn_kzalloc(sizeof(*disk), T_GFP);
	char name[16];
	int i;

	disk->sb = fsn_alloc_super(NULL, &disk_ops, 0);
	disk->sb->s_root = fsn_d_make_root(fsn_new_inode(disk->sb));
	disk->sb->s_root->d_inode->i_mode = S_IFDIR | 0755;
	disk->mnt = fsn_alloc_mount(disk->sb);
	for (i = 0; i < FILES; i++) {
		struct inode *inode = fsn_new_inode(disk->sb);

		inode->i_mode = S_IFREG | 0644;
		snprintf(name, sizeof(name), "%d", i);
		disk->files[i] = fsn_d_alloc_name(disk->sb->s_root, name);
		fsn_d_add(disk->files[i], inode);
	}
	bump(n_disks_made);
	return disk;
}

/* Nobody uses the disk any more, but its marks may be destroyed meanwhile, with their groups or alone. */
static void unmount_disk(struct disk *disk)
{
	int i;

	if (!disk)
		return;
	for (i = 0; i < FILES; i++)
		fsn_dput(disk->files[i]);
	if (roll(4) == 0)
		fsn_shrink_dcache_sb(disk->sb);
	fsn_mntput(disk->mnt);
	fsn_deactivate_super(disk->sb);
	fsn_kfree(disk);
}

static void *object_on(struct disk *disk, enum fsnotify_obj_type *type)
{
	*type = FSNOTIFY_OBJ_TYPE_INODE;
	switch (roll(6)) {
	case 0:
		*type = FSNOTIFY_OBJ_TYPE_SB;
		return disk->sb;
	case 1:
		*type = FSNOTIFY_OBJ_TYPE_VFSMOUNT;
		return disk->mnt;
	case 2:
		return disk->sb->s_root->d_inode;
	default:
		return disk->files[roll(FILES)]->d_inode;
	}
}

/* ---- the threads ---- */

static void fire(void)
{
	struct slot *slot = &disks[roll(DISKS)];
	struct disk *disk;
	struct path path;

	pthread_rwlock_rdlock(&slot->lock);
	disk = (struct disk *)slot->object;
	path.mnt = disk->mnt;
	path.dentry = disk->files[roll(FILES)];
	switch (roll(3)) {
	case 0:
		fsnotify_path(&path, FS_MODIFY);
		break;
	case 1:
		fsnotify_path(&path, FS_OPEN_PERM);
		break;
	default:
		fsnotify_dentry(path.dentry, FS_ATTRIB);
	}
	pthread_rwlock_unlock(&slot->lock);
}

static void remount(void)
{
	unmount_disk((struct disk *)slot_exchange(&disks[roll(DISKS)], mount_disk()));
}

/* Marks that outlive their disk: an unmount does not wait for references on marks. */
static struct slot kept[4];

static void keep(struct fsnotify_mark *mark)
{
	struct fsnotify_mark *old = (struct fsnotify_mark *)slot_exchange(&kept[roll(4)], mark);

	if (!old)
		return;
	if (roll(2))
		fsnotify_destroy_mark(old, old->group);
	fsnotify_put_mark(old);
}

static void share(void)
{
	struct slot *disk_slot = &disks[roll(DISKS)], *slot = &groups[roll(GROUPS)];
	enum fsnotify_obj_type type;
	struct fsnotify_group *group;
	unsigned int i;
	void *object;

	if (roll(30) == 0) {
		group = (struct fsnotify_group *)slot_exchange(slot, storm_group(true));
		if (group)
			storm_group_end(group);
	}
	group = slot_group(slot);
	if (!group)
		return;
	pthread_rwlock_rdlock(&disk_slot->lock);
	for (i = roll(4); i; i--) {
		object = object_on((struct disk *)disk_slot->object, &type);
		storm_add(group, object, type);
		storm_find(group, object, type);
	}
	if (roll(4) == 0) {
		object = object_on((struct disk *)disk_slot->object, &type);
		keep(fsnotify_find_mark(object, type, group));
	}
	pthread_rwlock_unlock(&disk_slot->lock);
	if (roll(2))
		storm_drain(group, 8);
	pthread_rwlock_unlock(&slot->lock);
	/* beside the group's end, and beside unmounting */
	if (roll(10) == 0)
		fsnotify_clear_marks_by_group(group, roll(FSNOTIFY_OBJ_TYPE_COUNT));
	fsnotify_put_group(group);
}

/* Groups of a thread's own with marks on every disk. */
static void make_groups(void)
{
	struct fsnotify_group *group = storm_group(false);
	enum fsnotify_obj_type type;
	int i;

	if (!group)
		return;
	for (i = 0; i < DISKS; i++) {
		pthread_rwlock_rdlock(&disks[i].lock);
		if (roll(2)) {
			void *object = object_on((struct disk *)disks[i].object, &type);

			storm_add(group, object, type);
		}
		pthread_rwlock_unlock(&disks[i].lock);
	}
	storm_group_end(group);
}

static const struct part parts[] = {
	{ fire, 15000 }, { fire, 15000 }, { remount, 250 }, { remount, 250 }, { share, 3000 }, { share, 3000 },
	{ make_groups, 500 }, { fsnotify_wait_marks_destroyed, 15 },
};

int main(void)
{
	int i;

	storm_begin();
	dice = storm_seed;
	low_memory = fsn_memcg_create("low");
	fsn_memcg_set_limit(low_memory, 10000);
	for (i = 0; i < DISKS; i++) {
		pthread_rwlock_init(&disks[i].lock, NULL);
		disks[i].object = mount_disk();
	}
	for (i = 0; i < GROUPS; i++)
		pthread_rwlock_init(&groups[i].lock, NULL);
	for (i = 0; i < 4; i++)
		pthread_rwlock_init(&kept[i].lock, NULL);

	storm_run(parts, sizeof(parts) / sizeof(parts[0]));

	for (i = 0; i < DISKS; i++)
		unmount_disk((struct disk *)disks[i].object);
	for (i = 0; i < GROUPS; i++)
		if (groups[i].object)
			storm_group_end((struct fsnotify_group *)groups[i].object);
	for (i = 0; i < 4; i++)
		if (kept[i].object)
			fsnotify_put_mark((struct fsnotify_mark *)kept[i].object);
	fsn_quiesce();
	printf("# %d superblocks, %d inodes, %d times FS_UNMOUNT\n", n_disks_made, n_inodes_made, n_unmounted);
	storm_report();
	ok(n_disks_made > DISKS && n_unmounted, "stress: superblocks came and went, and marks were told");
	is(n_put_super, n_disks_made, "stress: put_super was called once for each");
	is(n_inodes_freed, n_inodes_made, "stress: every inode was freed");
	is(n_left_of_disk, 0, "stress: without references, marks and counts of watched objects");
	is(fsn_memcg_usage(low_memory), 0, "stress: nothing is charged any more");
	fsn_memcg_put(low_memory);
	return tests_end();
}
