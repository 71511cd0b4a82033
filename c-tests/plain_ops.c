// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plain mode, a file server with listeners of its own: every hook of <linux/fsnotify.h> and what exactly a recording backend
 * sees of it. Once with objects made by the library's calls, once with objects made by the program from zeroed memory.
 */
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include "support.h"

/* root/a/file root/a/fifo root/a/sub/ root/b/ */
struct tree {
	const char *kind;
	struct super_block *sb;
	struct vfsmount *mnt;
	struct dentry *root, *a, *b, *file, *fifo, *sub;
	/* if made by hand */
	struct tfs *hand;
	/* all dentries with a reference of ours, if made by calls */
	struct dentry *kept[16];
	int nkept;
};

static struct dentry *make(struct tree *t, struct dentry *parent, const char *name, unsigned int mode)
{
	struct inode *inode;
	struct dentry *dentry;

	if (t->hand)
		return dentry_by_hand(t->hand, parent, name, mode ? inode_by_hand(t->hand, mode) : NULL);
	dentry = fsn_d_alloc_name(parent, name);
	inode = mode ? fsn_new_inode(t->sb) : NULL;
	if (inode)
		inode->i_mode = (unsigned short)mode;
	fsn_d_add(dentry, inode);
	t->kept[t->nkept++] = dentry;
	return dentry;
}

static void tree_begin(struct tree *t, bool by_hand)
{
	memset(t, 0, sizeof(*t));
	if (by_hand) {
		t->kind = "made by hand";
		t->hand = fs_by_hand();
		t->sb = &t->hand->sb;
		t->mnt = &t->hand->mount.mnt;
		t->root = t->hand->root;
	} else {
		struct inode *inode;

		t->kind = "made by calls";
		t->sb = fsn_alloc_super(NULL, NULL, 0);
		inode = fsn_new_inode(t->sb);
		inode->i_mode = S_IFDIR | 0755;
		t->root = t->sb->s_root = fsn_d_make_root(inode);
		t->mnt = fsn_alloc_mount(t->sb);
	}
	t->a = make(t, t->root, "a", S_IFDIR | 0755);
	t->b = make(t, t->root, "b", S_IFDIR | 0755);
	t->file = make(t, t->a, "file", S_IFREG | 0644);
	t->fifo = make(t, t->a, "fifo", S_IFIFO | 0600);
	t->sub = make(t, t->a, "sub", S_IFDIR | 0755);
}

static void tree_end(struct tree *t)
{
	if (t->hand) {
		fs_end(t->hand);
		return;
	}
	while (t->nkept)
		fsn_dput(t->kept[--t->nkept]);
	fsn_mntput(t->mnt);
	fsn_deactivate_super(t->sb);
}

/* The rename itself; its event is the caller's. */
static void move(struct tree *t, struct dentry *dentry, struct dentry *parent, const char *name)
{
	struct dentry *target;

	if (!t->hand) {
		target = fsn_d_alloc_name(parent, name);
		fsn_d_add(target, NULL);
		fsn_d_move(dentry, target);
		fsn_dput(target);
		return;
	}
	*dentry->d_sib.pprev = dentry->d_sib.next;
	if (dentry->d_sib.next)
		dentry->d_sib.next->pprev = dentry->d_sib.pprev;
	dentry->d_sib.next = parent->d_children.first;
	if (dentry->d_sib.next)
		dentry->d_sib.next->pprev = &dentry->d_sib.next;
	parent->d_children.first = &dentry->d_sib;
	dentry->d_sib.pprev = &parent->d_children.first;
	dentry->d_parent->d_lockref.count--;
	parent->d_lockref.count++;
	fsn_spin_lock(&dentry->d_lock);
	dentry->d_parent = parent;
	memcpy(dentry->d_iname, name, strlen(name) + 1);
	dentry->d_name.len = (__u32)strlen(name);
	fsnotify_update_flags(dentry);
	fsn_spin_unlock(&dentry->d_lock);
}

struct want {
	__u32 mask;
	const struct inode *dir;
	const char *name;
	/* 1: that of the rename; checked to be one number and not 0 */
	int cookie;
	const struct inode *inode;
};

/* Were the calls these? Then forgets them. */
static void expect(struct tree *t, const char *what, const struct want *wants, int n)
{
	__u32 cookie = 0;
	bool good = ncalls == n;

	for (int i = 0; i < n && i < ncalls; i++) {
		if (wants[i].cookie && !cookie)
			cookie = calls[i].cookie;
		if (wants[i].cookie && !calls[i].cookie)
			good = false;
		good = call_was(i, wants[i].mask, wants[i].dir, wants[i].name, wants[i].cookie ? cookie : 0) && good;
		if (calls[i].inode != wants[i].inode) {
			printf("# call %d: inode %p, wanted %p\n", i, (void *)calls[i].inode, (const void *)wants[i].inode);
			good = false;
		}
	}
	if (ncalls != n) {
		printf("# %d calls, wanted %d\n", ncalls, n);
		for (int i = 0; i < ncalls; i++)
			printf("#   0x%x %s\n", calls[i].mask, calls[i].named ? calls[i].name : "(none)");
	}
	ok(good, "%s: %s", t->kind, what);
	calls_reset();
}

#define EXPECT(t, what, ...) do {						\
	const struct want wants_[] = { __VA_ARGS__ };				\
	expect((t), (what), wants_, (int)(sizeof(wants_) / sizeof(wants_[0])));	\
} while (0)
#define EXPECT_NOTHING(t, what) expect((t), (what), NULL, 0)

static void open_by_hand(struct file *file, struct tree *t, struct dentry *dentry, unsigned int f_mode)
{
	memset(file, 0, sizeof(*file));
	file->f_count.counter = 1;
	file->f_mode = f_mode;
	file->f_path.mnt = t->mnt;
	file->f_path.dentry = dentry;
	file->f_inode = dentry->d_inode;
}

/* Everything that hooks say of the entries of directories, to a mark on the superblock that wants parent and name. */
static void entries(struct tree *t)
{
	struct inode *a = t->a->d_inode, *b = t->b->d_inode, *file = t->file->d_inode, *sub = t->sub->d_inode;
	struct dentry *negative = make(t, t->a, "negative", 0), *second = make(t, t->b, "second", 0),
		      *target = make(t, t->b, "target", S_IFREG | 0600);
	struct fsnotify_group *group = group_new(&full_ops);
	struct qstr old = { .name = (const unsigned char *)"file" }, old_sub = { .name = (const unsigned char *)"sub" },
		    moved = { .name = (const unsigned char *)"moved" };
	int data_type;

	old.len = 4;
	old_sub.len = 3;
	moved.len = 5;
	calls_reset();
	fsnotify_create(a, t->file);
	fsnotify_unlink(a, t->file);
	EXPECT_NOTHING(t, "nothing is watched: no calls");
	watch_sb(group, t->sb, ALL_FSNOTIFY_EVENTS | FS_EVENT_ON_CHILD);

	fsnotify_create(a, t->file);
	data_type = calls[0].data_type;
	EXPECT(t, "create", { FS_CREATE, a, "file", 0, file });
	is(data_type, FSNOTIFY_EVENT_DENTRY, "%s: create: with the dentry", t->kind);
	fsnotify_create(a, negative);
	EXPECT(t, "create: the dentry may be negative still", { FS_CREATE, a, "negative", 0, NULL });
	fsnotify_mkdir(a, t->sub);
	EXPECT(t, "mkdir", { FS_CREATE | FS_ISDIR, a, "sub", 0, sub });
	fsnotify_link(b, file, second);
	EXPECT(t, "link: the inode's count, then the new name", { FS_ATTRIB, NULL, NULL, 0, file }, { FS_CREATE, b, "second", 0, file });
	fsnotify_unlink(a, t->file);
	data_type = calls[0].data_type;
	EXPECT(t, "unlink", { FS_DELETE, a, "file", 0, file });
	is(data_type, FSNOTIFY_EVENT_INODE, "%s: unlink: with the inode", t->kind);
	fsnotify_delete(a, file, negative);
	EXPECT(t, "delete: the dentry may be negative by now", { FS_DELETE, a, "negative", 0, file });
	fsnotify_rmdir(a, t->sub);
	EXPECT(t, "rmdir", { FS_DELETE | FS_ISDIR, a, "sub", 0, sub });
	fsnotify_link_count(file);
	EXPECT(t, "link_count", { FS_ATTRIB, NULL, NULL, 0, file });

	move(t, t->file, t->b, "moved");
	fsnotify_move(a, b, &old, 0, NULL, t->file);
	EXPECT(t, "move to another directory", { FS_RENAME, a, "file", 0, file }, { FS_MOVED_FROM, a, "file", 1, file },
	       { FS_MOVED_TO, b, "moved", 1, file }, { FS_MOVE_SELF, NULL, NULL, 0, file });
	move(t, t->file, t->a, "file");
	fsnotify_move(b, a, &moved, 0, target->d_inode, t->file);
	EXPECT(t, "move over something", { FS_RENAME, b, "moved", 0, file }, { FS_MOVED_FROM, b, "moved", 1, file },
	       { FS_MOVED_TO, a, "file", 1, file }, { FS_ATTRIB, NULL, NULL, 0, target->d_inode },
	       { FS_MOVE_SELF, NULL, NULL, 0, file });
	move(t, t->sub, t->b, "newsub");
	fsnotify_move(a, b, &old_sub, 1, NULL, t->sub);
	EXPECT(t, "move of a directory", { FS_RENAME | FS_ISDIR, a, "sub", 0, sub }, { FS_MOVED_FROM | FS_ISDIR, a, "sub", 1, sub },
	       { FS_MOVED_TO | FS_ISDIR, b, "newsub", 1, sub }, { FS_MOVE_SELF | FS_ISDIR, NULL, NULL, 0, sub });

	/* hand-made: the dentry's reference on its inode, which the fixture does not take */
	if (t->hand)
		fsn_ihold(target->d_inode);
	{
		struct inode *inode = target->d_inode;
		int before;

		fsn_ihold(inode);
		before = icount(inode);
		d_delete_notify(b, target);
		EXPECT(t, "d_delete_notify", { FS_DELETE, b, "target", 0, inode });
		ok(fsn_d_unhashed(target) || !target->d_inode, "%s: d_delete_notify: the name is gone", t->kind);
		ok(icount(inode) <= before, "%s: d_delete_notify: leaves no reference", t->kind);
		fsnotify_inoderemove(inode);
		EXPECT(t, "inoderemove", { FS_DELETE_SELF, NULL, NULL, 0, inode });
		fsn_iput(inode);
	}
	fsnotify_destroy_group(group);
	calls_reset();
	fsnotify_create(a, t->file);
	EXPECT_NOTHING(t, "nobody watches any more: no calls");
}

static void contents(struct tree *t)
{
	static const struct {
		unsigned int valid;
		__u32 mask;
		const char *what;
	} changes[] = {
		{ 0, 0, "change: nothing" },
		{ ATTR_UID, FS_ATTRIB, "change: the owner" },
		{ ATTR_GID, FS_ATTRIB, "change: the group" },
		{ ATTR_MODE, FS_ATTRIB, "change: the mode" },
		{ ATTR_SIZE, FS_MODIFY, "change: the size" },
		{ ATTR_ATIME, FS_ACCESS, "change: the access time" },
		{ ATTR_MTIME, FS_MODIFY, "change: the modification time" },
		{ ATTR_ATIME | ATTR_MTIME, FS_ATTRIB, "change: both times" },
		{ ATTR_CTIME, 0, "change: the change time alone" },
		{ ATTR_SIZE | ATTR_MTIME, FS_MODIFY, "change: truncation" },
		{ ATTR_SIZE | ATTR_MODE, FS_MODIFY | FS_ATTRIB, "change: size and mode" },
		{ ATTR_UID | ATTR_ATIME, FS_ATTRIB | FS_ACCESS, "change: owner and access time" },
		{ ATTR_SIZE | ATTR_ATIME | ATTR_MTIME, FS_MODIFY | FS_ATTRIB, "change: size and both times" },
		{ ATTR_FORCE | ATTR_FILE | ATTR_KILL_SUID | ATTR_OPEN, 0, "change: flags that are no change" },
	};
	struct inode *a = t->a->d_inode, *inode = t->file->d_inode;
	struct fsnotify_group *group = group_new(&full_ops);
	struct file file;

	watch_sb(group, t->sb, ALL_FSNOTIFY_EVENTS | FS_EVENT_ON_CHILD);
	calls_reset();
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		fsnotify_change(t->file, changes[i].valid);
		if (changes[i].mask)
			EXPECT(t, changes[i].what, { changes[i].mask, a, "file", 0, inode });
		else
			EXPECT_NOTHING(t, changes[i].what);
	}
	fsnotify_xattr(t->file);
	EXPECT(t, "xattr", { FS_ATTRIB, a, "file", 0, inode });
	fsnotify_xattr(t->a);
	EXPECT(t, "xattr of a directory: without its name", { FS_ATTRIB | FS_ISDIR, NULL, NULL, 0, a });
	fsnotify_xattr(t->root);
	EXPECT(t, "xattr of the root", { FS_ATTRIB | FS_ISDIR, NULL, NULL, 0, t->root->d_inode });

	open_by_hand(&file, t, t->file, FMODE_READ);
	fsnotify_open(&file);
	EXPECT(t, "open", { FS_OPEN, a, "file", 0, inode });
	file.f_flags = FMODE_EXEC;
	fsnotify_open(&file);
	EXPECT(t, "open for execution", { FS_OPEN | FS_OPEN_EXEC, a, "file", 0, inode });
	fsnotify_access(&file);
	EXPECT(t, "access", { FS_ACCESS, a, "file", 0, inode });
	fsnotify_modify(&file);
	EXPECT(t, "modify", { FS_MODIFY, a, "file", 0, inode });
	fsnotify_close(&file);
	EXPECT(t, "close of a file that was read", { FS_CLOSE_NOWRITE, a, "file", 0, inode });
	file.f_mode |= FMODE_WRITE;
	fsnotify_close(&file);
	EXPECT(t, "close of a file that was written", { FS_CLOSE_WRITE, a, "file", 0, inode });
	file.f_mode = FMODE_READ | FMODE_NONOTIFY;
	fsnotify_open(&file);
	fsnotify_access(&file);
	fsnotify_modify(&file);
	fsnotify_close(&file);
	EXPECT_NOTHING(t, "a file that makes no events");
	open_by_hand(&file, t, t->a, FMODE_READ);
	fsnotify_open(&file);
	EXPECT(t, "open of a directory", { FS_OPEN | FS_ISDIR, NULL, NULL, 0, a });

	/* permission: the first question first */
	open_by_hand(&file, t, t->file, FMODE_READ);
	fsnotify_open_perm(&file);
	EXPECT(t, "open_perm", { FS_OPEN_PERM, a, "file", 0, inode });
	file.f_flags = FMODE_EXEC;
	fsnotify_open_perm(&file);
	EXPECT(t, "open_perm for execution: two questions", { FS_OPEN_EXEC_PERM, a, "file", 0, inode },
	       { FS_OPEN_PERM, a, "file", 0, inode });
	backend_of(group)->answer = -EPERM;
	is(fsnotify_open_perm(&file), -EPERM, "%s: open_perm: refused", t->kind);
	EXPECT(t, "open_perm: the first refusal ends it", { FS_OPEN_EXEC_PERM, a, "file", 0, inode });
	backend_of(group)->answer = 0;
	fsnotify_sb_error(t->sb, inode, -EIO);
	EXPECT(t, "sb_error", { FS_ERROR, NULL, NULL, 0, inode });
	fsnotify_destroy_group(group);
}

/* The same as an inotify-like listener sees it: marks on directory and file, handle_inode_event. */
static void watched_directory(struct tree *t)
{
	struct inode *a = t->a->d_inode, *b = t->b->d_inode, *inode = t->file->d_inode;
	struct fsnotify_group *group = group_new(&inode_ops);
	struct qstr old = { .name = (const unsigned char *)"file" }, same = { .name = (const unsigned char *)"same" };
	struct file file;

	old.len = same.len = 4;
	watch(group, a, ALL_FSNOTIFY_EVENTS | FS_EVENT_ON_CHILD);
	watch(group, b, ALL_FSNOTIFY_EVENTS | FS_EVENT_ON_CHILD);
	watch(group, inode, FS_MODIFY | FS_MOVE_SELF | FS_DELETE_SELF);
	ok((t->file->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED) && (t->fifo->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED) &&
	   (t->sub->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED), "%s: the children are flagged", t->kind);
	open_by_hand(&file, t, t->file, FMODE_READ | FMODE_WRITE);
	calls_reset();
	fsnotify_modify(&file);
	EXPECT(t, "watched directory: modify: the directory, then the file", { FS_MODIFY | FS_EVENT_ON_CHILD, a, "file", 0, inode },
	       { FS_MODIFY, NULL, NULL, 0, inode });
	fsnotify_close(&file);
	EXPECT(t, "watched directory: close: the directory alone asked", { FS_CLOSE_WRITE | FS_EVENT_ON_CHILD, a, "file", 0, inode });
	fsnotify_xattr(t->sub);
	EXPECT(t, "watched directory: a directory in it", { FS_ATTRIB | FS_ISDIR | FS_EVENT_ON_CHILD, a, "sub", 0, t->sub->d_inode });
	open_by_hand(&file, t, t->fifo, FMODE_READ | FMODE_WRITE);
	fsnotify_modify(&file);
	EXPECT_NOTHING(t, "watched directory: writing to a fifo is not its business");
	fsnotify_open(&file);
	EXPECT(t, "watched directory: opening it is", { FS_OPEN | FS_EVENT_ON_CHILD, a, "fifo", 0, t->fifo->d_inode });
	fsnotify_create(a, t->file);
	EXPECT(t, "watched directory: create", { FS_CREATE, a, "file", 0, inode });

	move(t, t->file, t->b, "moved");
	fsnotify_move(a, b, &old, 0, NULL, t->file);
	EXPECT(t, "watched directory: move: from one, to the other, itself; no FS_RENAME",
	       { FS_MOVED_FROM, a, "file", 1, inode }, { FS_MOVED_TO, b, "moved", 1, inode }, { FS_MOVE_SELF, NULL, NULL, 0, inode });
	open_by_hand(&file, t, t->file, FMODE_READ | FMODE_WRITE);
	fsnotify_close(&file);
	EXPECT(t, "watched directory: the new one is told now", { FS_CLOSE_WRITE | FS_EVENT_ON_CHILD, b, "moved", 0, inode });
	move(t, t->file, t->a, "same");
	calls_reset();
	move(t, t->file, t->a, "file");
	fsnotify_move(a, a, &same, 0, NULL, t->file);
	EXPECT(t, "watched directory: move within it: FS_RENAME too", { FS_RENAME, a, "same", 0, inode },
	       { FS_MOVED_FROM, a, "same", 1, inode }, { FS_MOVED_TO, a, "file", 1, inode }, { FS_MOVE_SELF, NULL, NULL, 0, inode });

	move(t, t->file, t->root, "file");
	ok(!(t->file->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED), "%s: moved out of it, the flag goes", t->kind);
	move(t, t->file, t->a, "file");
	ok(t->file->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED, "%s: moved into it, the flag comes", t->kind);
	{
		struct dentry *late = make(t, t->a, "late", S_IFREG | 0644);

		ok(late->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED, "%s: made in it, the flag is there", t->kind);
	}
	fsnotify_inoderemove(inode);
	EXPECT(t, "watched directory: inoderemove: the inode's mark alone", { FS_DELETE_SELF, NULL, NULL, 0, inode });
	is_ptr(inode->i_fsnotify_marks, NULL, "%s: inoderemove: takes the marks away", t->kind);
	fsnotify_inode_delete(a);
	EXPECT_NOTHING(t, "watched directory: inode_delete: no event");
	is_ptr(a->i_fsnotify_marks, NULL, "%s: inode_delete: takes the marks away", t->kind);
	fsnotify_destroy_group(group);
}

int main(void)
{
	struct tree tree;

	tests_begin();
	for (int by_hand = 0; by_hand < 2; by_hand++) {
		tree_begin(&tree, by_hand);
		entries(&tree);
		tree_end(&tree);
		tree_begin(&tree, by_hand);
		contents(&tree);
		tree_end(&tree);
		tree_begin(&tree, by_hand);
		watched_directory(&tree);
		tree_end(&tree);
	}
	return tests_end();
}
