/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names: making them, finding them, what they are, deleting them, an inode's aliases, the end of a dentry. */
#include "vfs/tree.h"
#include <fsnotify/fsn/rcu.h>

static void kinds(void)
{
	static const struct {
		unsigned short mode;
		unsigned int type;
	} kind[] = {
		{ S_IFDIR, DCACHE_DIRECTORY_TYPE }, { S_IFREG, DCACHE_REGULAR_TYPE }, { S_IFLNK, DCACHE_SYMLINK_TYPE },
		{ S_IFIFO, DCACHE_SPECIAL_TYPE }, { S_IFSOCK, DCACHE_SPECIAL_TYPE }, { S_IFCHR, DCACHE_SPECIAL_TYPE },
		{ S_IFBLK, DCACHE_SPECIAL_TYPE },
	};
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *dentry = fsn_d_alloc_name(sb->s_root, "negative");
	unsigned int i;

	ok(fsn_d_is_negative(dentry) && !fsn_d_is_positive(dentry) && !fsn_d_inode(dentry), "a new dentry is negative");
	ok(fsn_d_unhashed(dentry) && fsn_d_unlinked(dentry) && !fsn_IS_ROOT(dentry), "unhashed, and no root");
	ok(dentry->d_parent == sb->s_root && dentry->d_sb == sb && fsn_d_count(dentry) == 1, "under its parent");
	ok(named(dentry, "negative") && dentry->d_name.hash == fsn_full_name_hash(sb->s_root, "negative", 8), "named and hashed");
	fsn_dput(dentry);
	for (i = 0; i < fsn_ARRAY_SIZE(kind); i++) {
		dentry = made(sb->s_root, "kind", kind[i].mode);
		ok(fsn___d_entry_type(dentry) == kind[i].type, "type bits of mode %o", kind[i].mode);
		ok(fsn_d_is_dir(dentry) == (kind[i].mode == S_IFDIR) && fsn_d_is_reg(dentry) == (kind[i].mode == S_IFREG) &&
			   fsn_d_is_special(dentry) == (kind[i].type == DCACHE_SPECIAL_TYPE),
		   "and what the predicates say");
		fsn_d_drop(dentry);
		fsn_dput(dentry);
	}
	ok(fsn_IS_ROOT(sb->s_root) && !fsn_d_unlinked(sb->s_root) && fsn_d_can_lookup(sb->s_root), "the root");
	fsn_deactivate_super(sb);
}

static void lookup(void)
{
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *dir = made(sb->s_root, "dir", S_IFDIR), *file = made(dir, "file", S_IFREG);
	struct qstr name = fsn_qstr_in(dir, "file"), raw = fsn_qstr("file"), other = fsn_qstr_in(sb->s_root, "file");

	ok(fsn_d_lookup(dir, &name) == file && fsn_d_count(file) == 2, "found, with a reference");
	fsn_dput(file);
	ok(fsn_d_hash_and_lookup(dir, &raw) == file && raw.hash_len == name.hash_len, "found by its bytes");
	fsn_dput(file);
	ok(!fsn_d_lookup(sb->s_root, &other), "not in another directory");
	fsn_dput(file);
	ok(fsn_d_count(file) == 0 && fsn_d_lookup(dir, &name) == file && fsn_d_count(file) == 1, "kept without references");
	fsn_d_drop(file);
	ok(!fsn_d_lookup(dir, &name), "not found after d_drop()");
	fsn_d_rehash(file);
	ok(fsn_d_lookup(dir, &name) == file, "found after d_rehash()");
	fsn_d_rehash(file);
	ok(warned_by("d_rehash"), "twice on the hash is refused");
	fsn_dput(file);
	fsn_dput(file);
	fsn_dput(dir);
	fsn_deactivate_super(sb);
}

static void second_inode(void)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *file = made(sb->s_root, "file", S_IFREG);
	struct inode *inode = fsn_d_inode(file);

	fsn_d_instantiate(file, fsn_new_inode(sb));
	ok(warned_by("d_instantiate") && fsn_d_inode(file) == inode, "a second inode is refused");
	fsn_d_add(file, fsn_new_inode(sb));
	ok(warned_by("d_add") && fsn_d_inode(file) == inode, "by d_add() too");
	ok(count().inodes == before.inodes + 2, "and its reference is put");
	fsn_dput(file);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void aliases(void)
{
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *one = made(sb->s_root, "one", S_IFREG), *two = fsn_d_alloc_name(sb->s_root, "two");
	struct inode *inode = fsn_d_inode(one);
	struct dentry *found;

	fsn_ihold(inode);
	fsn_inc_nlink(inode);
	fsn_d_instantiate(two, inode);
	ok(inode->i_dentry.first == &two->d_u.d_alias && two->d_u.d_alias.next == &one->d_u.d_alias, "two aliases, newest first");
	found = fsn_d_find_alias(inode);
	ok(found == one, "d_find_alias() finds the hashed one");
	fsn_dput(found);
	found = fsn_d_find_any_alias(inode);
	ok(found == two, "d_find_any_alias() the first");
	fsn_dput(found);
	fsn_ihold(inode);
	fsn_dput(one);
	fsn_dput(two);
	ok(inode->i_dentry.first == &one->d_u.d_alias && inode->i_count.counter == 2, "the unhashed one went at its last put");
	ok(!one->d_u.d_alias.next && fsn_d_count(one) == 0, "the hashed one is kept");
	fsn_d_prune_aliases(inode);
	ok(!inode->i_dentry.first && inode->i_count.counter == 1, "until its aliases are pruned");
	ok(!fsn_d_find_alias(inode) && !fsn_d_find_any_alias(inode), "no alias is left");
	found = fsn_d_alloc_name(sb->s_root, "three");
	fsn_ihold(inode);
	fsn_d_add(found, inode);
	fsn_d_mark_dontcache(inode);
	fsn_dput(found);
	ok(!inode->i_dentry.first && inode->i_state & I_DONTCACHE, "d_mark_dontcache(): nothing is kept");
	fsn_iput(inode);
	fsn_deactivate_super(sb);
}

/* FS_DELETE_SELF belongs where the last dentry lets go of an inode without links, not at the inode's end. */
static void deletion(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *file = made(sb->s_root, "file", S_IFREG);
	struct inode *inode = fsn_d_inode(file);

	fsn_ihold(inode);
	watch(group, inode, FS_DELETE_SELF, FSNOTIFY_MARK_FLAG_NO_IREF);
	fsn_drop_nlink(inode);
	fsn_d_delete(file);
	ok(trace_is("DELETE_SELF mark-goes"), "reported while the inode is still referenced");
	ok(fsn_d_is_negative(file) && !fsn_d_inode(file) && !fsn_d_unhashed(file), "the only user's dentry turns negative");
	ok(inode->i_count.counter == 1 && !inode->i_dentry.first, "and has put its reference");
	fsn_iput(inode);
	ok(trace_is(""), "nothing more at the last iput()");
	fsn_dput(file);

	file = made(sb->s_root, "busy", S_IFREG);
	inode = fsn_d_inode(file);
	watch(group, inode, FS_DELETE_SELF, FSNOTIFY_MARK_FLAG_NO_IREF);
	fsn_dget(file);
	fsn_drop_nlink(inode);
	fsn_d_delete(file);
	ok(trace_is("") && fsn_d_is_positive(file) && fsn_d_unlinked(file), "with another user it stays positive, unhashed");
	fsn_dput(file);
	ok(trace_is(""), "the first put");
	fsn_dput(file);
	ok(trace_is("DELETE_SELF mark-goes"), "and reports at the last put");

	file = made(sb->s_root, "linked", S_IFREG);
	inode = fsn_d_inode(file);
	fsn_inc_nlink(inode);
	watch(group, inode, FS_DELETE_SELF, FSNOTIFY_MARK_FLAG_NO_IREF);
	fsn_drop_nlink(inode);
	fsn_d_delete(file);
	ok(trace_is("mark-goes"), "another link: no event, the marks go with the inode");
	fsn_dput(file);

	file = made(sb->s_root, "second", S_IFREG);
	inode = fsn_d_inode(file);
	watch(group, inode, FS_DELETE_SELF, FSNOTIFY_MARK_FLAG_NO_IREF);
	{
		struct dentry *open = fsn_d_alloc_name(sb->s_root, "open");

		fsn_ihold(inode);
		fsn_d_instantiate(open, inode);
		fsn_drop_nlink(inode);
		fsn_d_delete(file);
		ok(trace_is(""), "no event while another dentry has the inode");
		fsn_dput(open);
		ok(trace_is("DELETE_SELF mark-goes"), "but with the last of them");
	}
	fsn_dput(file);
	file = fsn_d_alloc_name(sb->s_root, "negative");
	fsn_d_add(file, NULL);
	fsn_d_delete(file);
	ok(fsn_d_unhashed(file) && warned_by(""), "a negative dentry is unhashed");
	fsn_dput(file);
	fsnotify_destroy_group(group);
	fsn_deactivate_super(sb);
}

static int never_keep(const struct dentry *dentry)
{
	(void)dentry;
	traced("d_delete");
	return 1;
}

static void on_release(struct dentry *dentry)
{
	traced(fsn_d_inode(dentry) ? "d_release-positive" : "d_release");
}

static void on_prune(struct dentry *dentry)
{
	/* Still on the hash, but nobody gets hold of it any more. */
	if (fsn_d_lookup(dentry->d_parent, &dentry->d_name))
		traced("found-dying");
	traced(fsn_d_unhashed(dentry) || !fsn_spin_is_locked(&dentry->d_lock) ? "d_prune-late" : "d_prune");
}

static void on_iput(struct dentry *dentry, struct inode *inode)
{
	traced(fsn_d_inode(dentry) ? "d_iput-positive" : "d_iput");
	fsn_iput(inode);
}

static int on_init(struct dentry *dentry)
{
	traced(dentry->d_parent == dentry ? "d_init" : "d_init-late");
	return dentry->d_name.len == 7 ? -ENOMEM : 0;
}

/* Names that differ in case are the same. */
static int lower_hash(const struct dentry *dir, struct qstr *name)
{
	(void)dir;
	name->hash = name->len;
	return name->len == 3 ? -EPERM : 0;
}

static int lower_compare(const struct dentry *dentry, unsigned int len, const char *text, const struct qstr *name)
{
	(void)dentry;
	return len != name->len || strncasecmp(text, (const char *)name->name, len);
}

static const struct dentry_operations all_op = {
	.d_hash = lower_hash,
	.d_compare = lower_compare,
	.d_delete = never_keep,
	.d_init = on_init,
	.d_release = on_release,
	.d_prune = on_prune,
	.d_iput = on_iput,
};

static void callbacks(void)
{
	struct counts before = count();
	struct super_block *sb = fsn_alloc_super(NULL, NULL, 0);
	struct qstr upper = fsn_qstr("FILE"), three = fsn_qstr("ABC"), name;
	struct dentry *file;

	sb->s_d_op = &all_op;
	sb->s_root = fsn_d_make_root(new_inode_of(sb, S_IFDIR));
	ok(trace_is("d_init"), "d_init for the root");
	ok(sb->s_root->d_flags & DCACHE_OP_HASH && sb->s_root->d_flags & DCACHE_OP_COMPARE &&
		   sb->s_root->d_flags & DCACHE_OP_DELETE && sb->s_root->d_flags & DCACHE_OP_PRUNE, "flags of the table");
	name = fsn_qstr("file");
	name.hash = name.len;
	file = fsn_d_alloc(sb->s_root, &name);
	fsn_d_add(file, new_inode_of(sb, S_IFREG));
	ok(fsn_d_hash_and_lookup(sb->s_root, &upper) == file, "found through d_hash and d_compare");
	ok(fsn_PTR_ERR(fsn_d_hash_and_lookup(sb->s_root, &three)) == -EPERM, "an error of d_hash");
	ok(!fsn_d_alloc_name(sb->s_root, "refused"), "d_init can refuse");
	trace[0] = '\0';
	fsn_dput(file);
	ok(trace_is(""), "one of two references");
	fsn_dput(file);
	ok(trace_is("d_delete d_prune d_iput d_release"), "the end in the kernel's order");
	fsn_d_set_d_op(sb->s_root, NULL);
	ok(warned_by("d_set_d_op"), "operations are set once");
	trace[0] = '\0';
	fsn_deactivate_super(sb);
	trace[0] = '\0';
	ok(same_counts(before), "nothing left");
}

/* The last put of a child is the last of its ancestors' references, too. */
static void upwards(void)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *a = made(sb->s_root, "a", S_IFDIR), *b = made(a, "b", S_IFDIR), *c = made(b, "c", S_IFREG);
	struct dentry *parent;

	fsn_d_drop(a);
	fsn_d_drop(b);
	fsn_d_drop(c);
	fsn_dput(a);
	fsn_dput(b);
	ok(count().dentries == before.dentries + 4, "children hold their parents");
	parent = fsn_dget_parent(c);
	ok(parent == b && fsn_d_count(b) == 2, "dget_parent()");
	fsn_dput(c);
	ok(count().dentries == before.dentries + 3 && fsn_d_count(b) == 1, "a child gone");
	fsn_dput(parent);
	ok(count().dentries == before.dentries + 1, "and the ancestors with their last reference");
	ok(!sb->s_root->d_children.first && fsn_d_count(sb->s_root) == 1, "the root is alone");
	parent = fsn_dget_parent(sb->s_root);
	ok(parent == sb->s_root && fsn_d_count(parent) == 2, "a root's parent is the root");
	fsn_dput(parent);
	fsn_dput(NULL);
	ok(!fsn_dget(NULL), "NULL");
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void shrinking(void)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *a = made(sb->s_root, "a", S_IFDIR), *b = made(a, "b", S_IFDIR), *c = made(b, "c", S_IFREG);
	struct dentry *held = made(a, "held", S_IFREG);

	fsn_dput(c);
	fsn_dput(b);
	ok(count().dentries == before.dentries + 5, "all hashed ones are kept");
	fsn_shrink_dcache_parent(a);
	ok(count().dentries == before.dentries + 3, "shrink_dcache_parent(): a/b/c, and a/b with its last reference");
	ok(a->d_children.first == &held->d_sib && !held->d_sib.next, "what is held stays, and so does its parent");
	fsn_dput(a);
	fsn_dput(held);
	fsn_shrink_dcache_sb(sb);
	ok(count().dentries == before.dentries + 1, "shrink_dcache_sb()");
	a = made(sb->s_root, "a", S_IFDIR);
	b = made(a, "b", S_IFREG);
	fsn_d_genocide(sb->s_root);
	ok(fsn_d_count(a) == 1 && fsn_d_count(b) == 0, "d_genocide() puts a reference on each");
	fsn_d_genocide(sb->s_root);
	ok(fsn_d_count(a) == 1 && fsn_d_count(b) == 0, "once");
	fsn_deactivate_super(sb);
	ok(same_counts(before) && warned_by(""), "nothing left");
}

/* C code may look at a dentry and its name in a read side, although the last reference has been put. */
static void read_side(void)
{
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *file = made(sb->s_root, "a-name-that-is-too-long-to-be-stored-inside", S_IFREG);
	struct fsn_stats before, now;

	fsn_quiesce();
	fsn_stats(&before);
	fsn_rcu_read_lock();
	fsn_d_drop(file);
	fsn_dput(file);
	fsn_stats(&now);
	ok(now.dentries == before.dentries && now.allocations == before.allocations, "nothing is freed before readers are done");
	ok(file->d_lockref.count < 0 && named(file, "a-name-that-is-too-long-to-be-stored-inside"), "the dead dentry can be read");
	fsn_rcu_read_unlock();
	fsn_quiesce();
	fsn_stats(&now);
	ok(now.dentries == before.dentries - 1 && now.allocations == before.allocations - 3, "dentry, name and inode after them");
	fsn_deactivate_super(sb);
}

/* A dentry of the program's, in a struct, from zeroed memory; its name a string of the program's. */
struct own {
	long before[3];
	struct dentry dentry;
};

static void free_own(struct dentry *dentry)
{
	traced("d_release");
	free(fsn_container_of(dentry, struct own, dentry));
}

static const struct dentry_operations own_op = { .d_release = free_own };

static void of_the_program(void)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct own *own = (struct own *)calloc(1, sizeof(*own));
	struct dentry *dentry = &own->dentry, *child, *found;
	struct qstr name = fsn_qstr_in(sb->s_root, "own");

	dentry->d_name = name;
	dentry->d_sb = sb;
	dentry->d_op = &own_op;
	dentry->d_lockref.count = 1;
	dentry->d_parent = fsn_dget(sb->s_root);
	fsn_hlist_add_head(&dentry->d_sib, &sb->s_root->d_children);
	fsn_d_add(dentry, new_inode_of(sb, S_IFDIR));
	ok(fsn_d_is_dir(dentry) && !fsn_d_unhashed(dentry), "a dentry of the program's");
	found = fsn_d_lookup(sb->s_root, &name);
	ok(found == dentry, "can be looked up");
	child = made(dentry, "child", S_IFREG);
	ok(child->d_parent == dentry && fsn_d_count(dentry) == 3, "and has children");
	fsn_dput(found);
	fsn_dput(child);
	fsn_dput(dentry);
	fsn_shrink_dcache_sb(sb);
	ok(trace_is("d_release"), "is freed by its d_release only");
	ok(fsn_d_count(sb->s_root) == 1 && !sb->s_root->d_children.first, "after it has left its parent");
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void without_memory(void)
{
	char name[100];
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	unsigned int children = fsn_d_count(sb->s_root), i;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (i = 0; i < 2; i++) {
		fsn_fail_alloc(i, 1);
		ok(!fsn_d_alloc_name(sb->s_root, name), "no dentry without allocation %u", i);
	}
	fsn_fail_alloc(0, 1);
	ok(!fsn_d_make_root(fsn_new_inode_pseudo(sb)), "no root without its inode");
	fsn_fail_alloc(1, 1);
	ok(!fsn_d_make_root(new_inode_of(sb, S_IFDIR)), "no root; the inode's reference is put");
	fsn_fail_alloc(0, 0);
	ok(fsn_d_count(sb->s_root) == children && !sb->s_root->d_children.first, "the parent has no reference too many");
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

int main(void)
{
	fsn_set_log(on_log, NULL);
	kinds();
	lookup();
	second_inode();
	aliases();
	deletion();
	callbacks();
	upwards();
	shrinking();
	read_side();
	of_the_program();
	without_memory();
	ok(warned_by(""), "no warning besides");
	return done_testing();
}
