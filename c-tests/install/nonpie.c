// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that is linked at a fixed address and names the two data symbols: it then has copies of them, made before
 * anything runs, and the library must use those. A constructor is the first to use them.
 */
#include <fsnotify/fsnotify.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define expect(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); exit(1); } } while (0)

static int freed, destroyed, early;

static int handle(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir,
		  const struct qstr *name, __u32 cookie)
{
	(void)mark;
	(void)mask;
	(void)inode;
	(void)dir;
	(void)name;
	(void)cookie;
	return 0;
}

static void free_mark(struct fsnotify_mark *mark)
{
	__atomic_add_fetch(&freed, 1, __ATOMIC_SEQ_CST);
	free(mark);
}

static const struct fsnotify_ops ops = { .handle_inode_event = handle, .free_mark = free_mark };

static void *destroy(void *group)
{
	fsnotify_destroy_group((struct fsnotify_group *)group);
	__atomic_store_n(&destroyed, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/*
 * A group whose mark has been attached: its destruction waits for readers of fsnotify_mark_srcu, as this program sees it.
 */
static void destruction_waits_for_this_reader(void)
{
	static struct super_block sb;
	static struct inode inode;
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, 0);
	struct fsnotify_mark *mark = (struct fsnotify_mark *)calloc(1, sizeof(*mark));
	pthread_t thread;
	int index, i;

	expect(mark && !fsn_IS_ERR(group));
	inode.i_sb = &sb;
	inode.i_mode = 0100644;
	inode.i_count.counter = 1;
	freed = destroyed = 0;
	index = fsn_srcu_read_lock(&fsnotify_mark_srcu);
	fsnotify_init_mark(mark, group);
	mark->mask = FS_MODIFY;
	expect(fsnotify_add_inode_mark(mark, &inode, 0) == 0);
	fsnotify_put_mark(mark);
	expect(!pthread_create(&thread, NULL, destroy, group));
	for (i = 0; i < 20; i++) {
		usleep(5000);
		expect(!__atomic_load_n(&destroyed, __ATOMIC_SEQ_CST));
		expect(!__atomic_load_n(&freed, __ATOMIC_SEQ_CST));
	}
	fsn_srcu_read_unlock(&fsnotify_mark_srcu, index);
	expect(!pthread_join(thread, NULL));
	expect(destroyed && freed == 1 && inode.i_count.counter == 1);
	fsnotify_sb_free(&sb);
}

static __attribute__((constructor)) void before_main(void)
{
	void *connector;

	expect(fsnotify_mark_connector_cachep);
	connector = fsn_kmem_cache_alloc(fsnotify_mark_connector_cachep, FSN_GFP_KERNEL);
	expect(connector);
	fsn_kmem_cache_free(fsnotify_mark_connector_cachep, connector);
	destruction_waits_for_this_reader();
	early = 1;
}

int main(void)
{
	expect(early);
	destruction_waits_for_this_reader();
	return 0;
}
