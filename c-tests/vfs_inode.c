/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of an inode: every callback in its order, what is kept in memory and what goes, who frees what. */
#include "vfs/tree.h"
#include <fsnotify/fsn/rcu.h>

/* A program's own inode, with something before it, so that a stray free() of the inode is not one of the struct. */
struct own {
	long before[3];
	struct inode vfs_inode;
	int freed;
};

static struct own *own_of(struct inode *inode)
{
	return fsn_container_of(inode, struct own, vfs_inode);
}

static bool keep;

static struct inode *alloc_own(struct super_block *sb)
{
	struct own *own = (struct own *)malloc(sizeof(*own));

	(void)sb;
	memset(own, 0x5a, sizeof(*own));
	own->freed = 0;
	fsn_inode_init_once(&own->vfs_inode);
	traced("alloc");
	return &own->vfs_inode;
}

static int drop_own(struct inode *inode)
{
	traced(fsn_spin_is_locked(&inode->i_lock) && !inode->i_count.counter ? "drop" : "drop-unlocked");
	return !keep;
}

static void evict_own(struct inode *inode)
{
	bool off_list = inode->i_sb_list.next == &inode->i_sb_list;

	traced(inode->i_state & I_FREEING && off_list ? "evict" : "evict-too-early");
	fsn_clear_inode(inode);
}

static void destroy_own(struct inode *inode)
{
	traced(inode->i_state == (I_FREEING | I_CLEAR) && !inode->i_fsnotify_marks ? "destroy" : "destroy-too-early");
}

static void free_own(struct inode *inode)
{
	traced("free");
	own_of(inode)->freed = 1;
	free(own_of(inode));
}

static const struct super_operations own_op = {
	.alloc_inode = alloc_own,
	.destroy_inode = destroy_own,
	.free_inode = free_own,
	.drop_inode = drop_own,
	.evict_inode = evict_own,
};

static void every_callback(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct super_block *sb = fsn_alloc_super(NULL, &own_op, 0);
	struct inode *inode = fsn_new_inode(sb);

	ok(trace_is("alloc"), "alloc_inode");
	ok(inode->i_sb == sb && inode->i_count.counter == 1 && inode->i_nlink == 1 && !inode->i_state, "as the kernel sets it up");
	ok(sb->s_inodes.next == &inode->i_sb_list, "on the superblock's list");
	ok(!watch(group, inode, FS_OPEN, FSNOTIFY_MARK_FLAG_NO_IREF), "marked");

	fsn_rcu_read_lock();
	fsn_iput(inode);
	ok(trace_is("drop evict mark-goes destroy"), "the end: drop_inode under i_lock, evict_inode, marks, destroy_inode");
	fsn_rcu_read_unlock();
	fsn_quiesce();
	ok(trace_is("free"), "free_inode after the grace period");

	inode = fsn_new_inode_pseudo(sb);
	ok(sb->s_inodes.next == &sb->s_inodes, "a pseudo inode is on no list");
	fsn_iput(inode);
	fsn_quiesce();
	ok(trace_is("alloc drop evict destroy free"), "and ends like any other");
	fsnotify_destroy_group(group);
	fsn_deactivate_super(sb);
}

static void no_free_in_read_side(void)
{
	struct super_block *sb = fsn_alloc_super(NULL, &own_op, 0);
	struct inode *inode = fsn_new_inode(sb);
	struct timespec pause = { 0, 20 * 1000 * 1000 };

	fsn_rcu_read_lock();
	fsn_iput(inode);
	/* Nothing may come of it however long the read side is; a library that frees at once is caught without the pause. */
	nanosleep(&pause, NULL);
	ok(trace_is("alloc drop evict destroy"), "free_inode waits for readers");
	fsn_rcu_read_unlock();
	fsn_quiesce();
	ok(trace_is("free"), "and comes after them");
	fsn_deactivate_super(sb);
}

static void kept_or_not(void)
{
	struct super_block *sb = fsn_alloc_super(NULL, &own_op, 0);
	struct inode *inode = fsn_new_inode(sb);

	keep = true;
	fsn_iput(inode);
	ok(trace_is("alloc drop") && !inode->i_count.counter, "drop_inode says no: kept without references");
	ok(fsn_igrab(inode) == inode && inode->i_count.counter == 1, "and can be taken again");
	inode->i_state |= I_DONTCACHE;
	fsn_iput(inode);
	fsn_quiesce();
	ok(trace_is("drop evict destroy free"), "I_DONTCACHE wins over drop_inode");

	inode = fsn_new_inode(sb);
	sb->s_flags &= ~SB_ACTIVE;
	fsn_iput(inode);
	fsn_quiesce();
	ok(trace_is("alloc drop evict destroy free"), "an inactive superblock keeps nothing");

	inode = fsn_new_inode(sb);
	inode->i_state |= I_FREEING;
	ok(!fsn_igrab(inode) && inode->i_count.counter == 1, "igrab() of an inode on its way out");
	inode->i_state = I_WILL_FREE;
	ok(!fsn_igrab(inode), "or about to be");
	inode->i_state = 0;
	fsn_iput(inode);
	fsn_quiesce();
	trace[0] = '\0';
	keep = false;
	fsn_deactivate_super(sb);
}

static void library_memory(void)
{
	struct counts before = count();
	struct super_block *sb = fsn_alloc_super(NULL, NULL, 0);
	struct inode *inode = fsn_new_inode(sb);
	struct counts with = count();

	ok(with.inodes == before.inodes + 1, "an inode of the library's");
	fsn_ihold(inode);
	fsn_iput(inode);
	ok(count().inodes == with.inodes, "one of two references put");
	fsn_iput(inode);
	ok(count().inodes == before.inodes, "an inode in no hash goes at its last put");

	inode = fsn_new_inode(sb);
	fsn_inode_fake_hash(inode);
	fsn_iput(inode);
	ok(count().inodes == with.inodes && !inode->i_count.counter, "a hashed one is kept");
	fsn_iput(inode);
	ok(warned_by("iput") && !inode->i_count.counter, "a put too many is refused");
	ok(fsn_igrab(inode) == inode, "and it is still whole");
	fsn_clear_nlink(inode);
	ok(sb->s_remove_count.counter == 1, "without links it is counted");
	fsn_iput(inode);
	ok(count().inodes == before.inodes && !sb->s_remove_count.counter, "and goes at its last put although hashed");

	inode = fsn_new_inode(sb);
	fsn_inode_fake_hash(inode);
	fsn_iput(inode);
	fsn_evict_inodes(sb);
	ok(count().inodes == before.inodes, "evict_inodes() takes those without references");
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void links(void)
{
	struct super_block *sb = fsn_alloc_super(NULL, NULL, 0);
	struct inode *inode = fsn_new_inode(sb);

	fsn_set_nlink(inode, 2);
	fsn_drop_nlink(inode);
	ok(inode->i_nlink == 1 && !sb->s_remove_count.counter, "one of two links");
	fsn_drop_nlink(inode);
	ok(inode->i_nlink == 0 && sb->s_remove_count.counter == 1, "the last link");
	fsn_drop_nlink(inode);
	ok(warned_by("drop_nlink") && inode->i_nlink == 0 && sb->s_remove_count.counter == 1, "no link below none");
	fsn_inc_nlink(inode);
	ok(warned_by("inc_nlink") && inode->i_nlink == 1 && !sb->s_remove_count.counter, "a link from none warns");
	fsn_set_nlink(inode, 0);
	inode->i_state |= I_LINKABLE;
	fsn_inc_nlink(inode);
	ok(warned_by("") && inode->i_nlink == 1 && !sb->s_remove_count.counter, "unless the inode is linkable");
	fsn_set_nlink(inode, 0);
	fsn_set_nlink(inode, 3);
	ok(inode->i_nlink == 3 && !sb->s_remove_count.counter, "set from none");
	fsn_iput(inode);
	fsn_deactivate_super(sb);
}

/* The least that the kernel's filesystems initialise, over zeroed memory; a table without callbacks, and no table. */
static void of_the_program(const struct super_operations *op)
{
	struct counts before = count();
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct super_block *sb = fsn_alloc_super(NULL, op, 0);
	struct own *own = (struct own *)calloc(1, sizeof(*own));
	struct inode *inode = &own->vfs_inode;

	inode->i_sb = sb;
	inode->i_mode = S_IFREG | 0644;
	inode->i_count.counter = 1;
	fsn_inode_sb_list_add(inode);
	ok(sb->s_inodes.next == &inode->i_sb_list, "a zeroed link counts as unlinked");
	fsn_inode_sb_list_add(inode);
	ok(warned_by("inode_sb_list_add"), "twice on the list is refused");
	ok(!watch(group, inode, FS_OPEN, FSNOTIFY_MARK_FLAG_NO_IREF), "marked");
	fsn_iput(inode);
	ok(trace_is("mark-goes"), "its marks go");
	ok(sb->s_inodes.next == &sb->s_inodes && inode->i_state == (I_FREEING | I_CLEAR), "off the list, cleared");
	ok(!sb->s_remove_count.counter, "never counted as unlinked, so not uncounted");
	fsn_quiesce();
	ok(own->before[0] == 0 && !own->freed, "its memory is still the program's");
	free(own);
	fsnotify_destroy_group(group);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void a_copy(void)
{
	struct counts before = count();
	struct super_block *sb = fsn_alloc_super(NULL, NULL, 0);
	struct inode *inode = fsn_new_inode_pseudo(sb);
	struct inode *copy = (struct inode *)malloc(sizeof(*copy));

	memcpy(copy, inode, sizeof(*copy));
	fsn_iput(copy);
	fsn_iput(inode);
	ok(count().inodes == before.inodes, "the library frees its inode");
	ok(copy->i_state == (I_FREEING | I_CLEAR), "not the program's copy of it");
	fsn_free_inode_nonrcu(copy);
	ok(warned_by("free_inode_nonrcu"), "not even when asked to");
	free(copy);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void forgets(struct inode *inode)
{
	(void)inode;
}

static void own_destroy(struct inode *inode)
{
	traced("destroy");
	fsn_free_inode_nonrcu(inode);
}

static void careless(void)
{
	static const struct super_operations forgetful = { .evict_inode = forgets };
	static const struct super_operations destroying = { .destroy_inode = own_destroy };
	struct counts before = count();
	struct super_block *sb = fsn_alloc_super(NULL, &forgetful, 0);

	fsn_iput(fsn_new_inode(sb));
	ok(warned_by("evict_inode"), "evict_inode without clear_inode()");
	fsn_deactivate_super(sb);
	sb = fsn_alloc_super(NULL, &destroying, 0);
	fsn_iput(fsn_new_inode(sb));
	ok(trace_is("destroy"), "destroy_inode alone frees");
	fsn_iput(NULL);
	ok(warned_by(""), "iput(NULL)");
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void without_memory(void)
{
	struct counts before = count();
	struct super_block *sb = fsn_alloc_super(NULL, NULL, 0);

	fsn_fail_alloc(0, -1);
	ok(!fsn_new_inode(sb), "new_inode() without memory");
	ok(!fsn_new_inode_pseudo(sb), "new_inode_pseudo() without memory");
	ok(!fsn_alloc_super(NULL, NULL, 0), "alloc_super() without memory");
	ok(fsn_fail_alloc(0, 0) == 3, "three failures");
	ok(sb->s_inodes.next == &sb->s_inodes, "nothing on the list");
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

int main(void)
{
	static const struct super_operations empty;

	fsn_set_log(on_log, NULL);
	every_callback();
	no_free_in_read_side();
	kept_or_not();
	library_memory();
	links();
	of_the_program(&empty);
	of_the_program(NULL);
	a_copy();
	careless();
	without_memory();
	ok(warned_by(""), "no warning besides");
	return done_testing();
}
