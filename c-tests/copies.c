/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsn-cflags: -rdynamic -ldl */
/*
 * A process with several copies of the library. What the dynamic linker makes of it: where the program itself offers the
 * library's symbols (it is linked with the shared library, or contains the static one and was linked with -rdynamic), the calls
 * of all plugins end up in that one copy, whatever they have inside. A copy that is entered by its own addresses, is
 * bound to itself, or lives in a namespace of its own, works beside it; only the two data symbols may then be shared.
 */
#include "life/forked.h"
#include "life/load.h"

/* ---- plugins beside the program's own copy ---- */

static void one_copy_wins(void)
{
	static const char *const names[] = { "../life/plugin-shared.so", "../life/plugin-one.so", "../life/plugin-two.so" };
	/* the static library is not built with a sanitizer */
	int i, count = SANITIZED ? 1 : 3;
	const struct plugin *plugins[3];
	struct fsn_stats before, after;
	void *handles[3], *group;

	for (i = 0; i < count; i++) {
		handles[i] = loaded(names[i], RTLD_LOCAL);
		plugins[i] = plugin_of(handles[i]);
		if (!ok(plugins[i] != NULL, "plugin %d is loaded", i))
			return;
		ok(plugins[i]->function() == __extension__ (const void *)fsnotify_alloc_group,
		   "plugin %d calls the program's copy", i);
		ok(plugins[i]->data() == (const void *)&fsnotify_mark_srcu, "plugin %d uses the program's data", i);
		fsn_stats(&before);
		group = plugins[i]->keep_group();
		fsn_stats(&after);
		is(after.groups - before.groups, 1, "plugin %d: the program counts its groups", i);
		plugins[i]->end_group(group);
	}
	use_together(plugins, count, "one copy");
	for (i = 0; i < count; i++)
		dlclose(handles[i]);
}

/* ---- a plugin that is bound to the copy inside it ---- */

static void *use_here(void *arg)
{
	struct tfs *fs = fs_by_hand();
	int i;

	(void)arg;
	for (i = 0; i < 60; i++)
		f_whole_life(fs->root->d_inode);
	fs_end(fs);
	return NULL;
}

static void two_copies(void)
{
	void *handle;
	const struct plugin *plugin;
	struct fsn_stats before, after;
	pthread_t threads[4];
	int i;

	if (SANITIZED) {
		ok(true, "RTLD_DEEPBIND # SKIP not with a sanitizer");
		return;
	}
	handle = loaded("../life/plugin-bound.so", RTLD_LOCAL | RTLD_DEEPBIND);
	plugin = plugin_of(handle);
	if (!ok(plugin != NULL, "a plugin is loaded with RTLD_DEEPBIND"))
		return;
	ok(plugin->function() != __extension__ (const void *)fsnotify_alloc_group, "two copies: it calls its own");
	fsn_quiesce();
	fsn_stats(&before);
	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, use_here, NULL);
	use_together(&plugin, 1, "two copies");
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	fsn_quiesce();
	fsn_stats(&after);
	is(n_wrong, 0, "two copies: the program's works meanwhile");
	is(after.groups_total - before.groups_total, 240, "two copies: which has counted its own groups only");
	ok(same_live(&after, &before), "two copies: and has nothing left");
	dlclose(handle);
}

/* ---- the shared library's file under another name ---- */

struct copy {
	__typeof__(&fsn_stats) stats;
	__typeof__(&fsn_quiesce) quiesce;
	__typeof__(&fsnotify_alloc_group) alloc_group;
	__typeof__(&fsnotify_init_mark) init_mark;
	__typeof__(&fsnotify_add_mark) add_mark;
	__typeof__(&fsnotify_put_mark) put_mark;
	__typeof__(&fsnotify_find_mark) find_mark;
	__typeof__(&fsnotify_destroy_mark) destroy_mark;
	__typeof__(&fsnotify_destroy_group) destroy_group;
	__typeof__(&fsnotify_wait_marks_destroyed) wait_marks_destroyed;
	__typeof__(&fsnotify) notify;
	__typeof__(&fsnotify_sb_delete) sb_delete;
	__typeof__(&fsnotify_sb_free) sb_free;
	int wrong;
};

static int n_heard, n_copy_frees;

static int copy_handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
			     const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	(void)group, (void)mask, (void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter_info;
	bump(n_heard);
	return 0;
}

static void copy_free_mark(struct fsnotify_mark *mark)
{
	bump(n_copy_frees);
	free(mark);
}

static const struct fsnotify_ops copy_ops = {
	.handle_event = copy_handle_event,
	.free_mark = copy_free_mark,
};

static void *symbol(void *handle, const char *name, int *missing)
{
	void *found = dlsym(handle, name);

	if (!found)
		++*missing;
	return found;
}

static bool copy_of(struct copy *copy, void *handle)
{
	int missing = 0;

#define take(member, name) do {							\
	void *found = symbol(handle, #name, &missing);				\
	memcpy(&copy->member, &found, sizeof(found));				\
} while (0)
	memset(copy, 0, sizeof(*copy));
	take(stats, fsn_stats);
	take(quiesce, fsn_quiesce);
	take(alloc_group, fsnotify_alloc_group);
	take(init_mark, fsnotify_init_mark);
	take(add_mark, fsnotify_add_mark);
	take(put_mark, fsnotify_put_mark);
	take(find_mark, fsnotify_find_mark);
	take(destroy_mark, fsnotify_destroy_mark);
	take(destroy_group, fsnotify_destroy_group);
	take(wait_marks_destroyed, fsnotify_wait_marks_destroyed);
	take(notify, fsnotify);
	take(sb_delete, fsnotify_sb_delete);
	take(sb_free, fsnotify_sb_free);
#undef take
	return missing == 0;
}

static void *use_copy(void *arg)
{
	struct copy *copy = (struct copy *)arg;
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	int i, j;

	for (i = 0; i < 40; i++) {
		struct fsnotify_group *group = copy->alloc_group(&copy_ops, FSNOTIFY_GROUP_DUPS);
		struct fsnotify_mark *mark = NULL;

		for (j = 0; j < 20; j++) {
			mark = (struct fsnotify_mark *)malloc(sizeof(*mark));
			copy->init_mark(mark, group);
			mark->mask = FS_ATTRIB;
			if (copy->add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0))
				bump(copy->wrong);
			copy->notify(FS_ATTRIB, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0);
			if (j % 2)
				copy->destroy_mark(mark, group);
			copy->put_mark(mark);
		}
		mark = copy->find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, group);
		if (mark)
			copy->put_mark(mark);
		else
			bump(copy->wrong);
		copy->destroy_group(group);
		if (i % 8 == 0)
			copy->wait_marks_destroyed();
		if (inode->i_fsnotify_mask || watched(fs, 0) || icount(inode) != 1)
			bump(copy->wrong);
	}
	fs->sb.s_flags &= ~(unsigned long)SB_ACTIVE;
	copy->sb_delete(&fs->sb);
	copy->sb_free(&fs->sb);
	copy->quiesce();
	fs_end(fs);
	return NULL;
}

static void use_copies(struct copy *copies, int count, const char *what)
{
	struct fsn_stats before[4], now;
	pthread_t threads[4][4];
	int i, j, heard = n_heard, freed = n_copy_frees;

	for (i = 0; i < count; i++) {
		copies[i].quiesce();
		copies[i].stats(&before[i]);
	}
	for (i = 0; i < count; i++)
		for (j = 0; j < 4; j++)
			pthread_create(&threads[i][j], NULL, use_copy, &copies[i]);
	for (i = 0; i < count; i++)
		for (j = 0; j < 4; j++)
			pthread_join(threads[i][j], NULL);
	for (i = 0; i < count; i++) {
		copies[i].quiesce();
		copies[i].stats(&now);
		is(copies[i].wrong, 0, "%s: copy %d works", what, i);
		is(now.groups_total - before[i].groups_total, 160, "%s: copy %d has counted its own groups", what, i);
		ok(same_live(&now, &before[i]), "%s: copy %d has nothing left", what, i);
	}
	is(n_copy_frees - freed, count * 4 * 40 * 20, "%s: every mark was freed", what);
	ok(n_heard > heard, "%s: events were heard", what);
}

static void other_names(void)
{
	char directory[] = "/tmp/fsn-copies-XXXXXX", path[64], command[PATH_MAX + 128];
	struct copy copies[3];
	void *handles[3];
	int i, n = 0;

	if (!ok(mkdtemp(directory) != NULL, "a directory for copies"))
		return;
	handles[n++] = dlopen(NULL, RTLD_NOW);
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/libcopy%d.so", directory, i);
		snprintf(command, sizeof(command), "cp '%s' %s", beside("../../libfsnotify.so"), path);
		handles[n] = system(command) == 0 ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
		if (!ok(handles[n] != NULL, "copy %d of the shared library is loaded", i))
			printf("# %s\n", dlerror());
		else
			n++;
		unlink(path);
	}
	rmdir(directory);
	for (i = 0; i < n; i++)
		if (!ok(copy_of(&copies[i], handles[i]), "copy %d has all symbols", i))
			return;
	ok(copies[0].alloc_group != copies[1].alloc_group && copies[1].alloc_group != copies[2].alloc_group,
	   "and its own functions");
	use_copies(copies, n, "other names");
}

/*
 * A namespace of its own has a C library of its own, too, whose thread-specific keys have the numbers of ours; so a thread must
 * not be at both when it ends, and here only the main thread goes there. The copy's worker is a thread of its C library.
 */
static void namespaces(void)
{
	void *handle = SANITIZED ? NULL : dlmopen(LM_ID_NEWLM, beside("../../libfsnotify.so"), RTLD_NOW);
	struct fsn_stats before, after;
	struct copy copy;
	int heard;

	if (!handle) {
		ok(true, "dlmopen # SKIP %s", SANITIZED ? "not with a sanitizer" : dlerror());
		return;
	}
	if (!ok(copy_of(&copy, handle), "a copy in a namespace of its own"))
		return;
	ok(dlsym(handle, "fsnotify_mark_srcu") != (void *)&fsnotify_mark_srcu, "namespaces: it has data of its own");
	copy.stats(&before);
	is(before.groups_total, 0, "namespaces: and counters");
	heard = n_heard;
	use_copy(&copy);
	copy.quiesce();
	copy.stats(&after);
	is(copy.wrong, 0, "namespaces: it works");
	is(after.groups_total, 40, "namespaces: has counted its own groups");
	ok(same_live(&before, &after), "namespaces: and has nothing left");
	/* after each addition the mark itself and those of even number before it are called */
	is(n_heard - heard, 40 * (55 + 65), "namespaces: events were heard");
}

/* fork() calls the handlers of every copy. */
static void child(void)
{
	struct tfs *fs = fs_by_hand();

	f_whole_life(fs->root->d_inode);
	fsnotify_wait_marks_destroyed();
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	others_hold_locks = true;
	one_copy_wins();
	two_copies();
	other_names();
	namespaces();
	is(in_child(child, 20), 0, "a fork with all of them loaded");
	fsn_kmem_cache_destroy(mark_cache);
	is(n_warnings, 0, "the library warned of nothing");
	return done_testing();
}
