// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The listener that prints: a mark on each directory, as a recursive inotify watch would have it. Events are queued where
 * they happen, and printed by a thread of their own, which takes them off the queue.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "listeners.h"

#define PRINTER_MASK (FS_CREATE | FS_DELETE | FS_MOVE | FS_MODIFY | FS_ATTRIB | FS_OPEN | FS_ACCESS | FS_CLOSE_WRITE | \
		      FS_CLOSE_NOWRITE | FS_EVENT_ON_CHILD)
#define PRINTER_MAX_EVENTS 16384

static struct tree_event *tree_event_of(struct fsnotify_event *event)
{
	return fsn_container_of(event, struct tree_event, fse);
}

/* An event that says the same as the last one on the queue is not queued. Called with the queue locked, and not empty. */
static int printer_merge(struct fsnotify_group *group, struct fsnotify_event *event)
{
	struct tree_event *new = tree_event_of(event);
	struct tree_event *last = tree_event_of(fsn_list_last_entry(&group->notification_list, struct fsnotify_event, list));

	return new->mask == last->mask && new->cookie == last->cookie && !strcmp(new->path, last->path);
}

/* The path of an entry @name (NULL: of the directory itself). 0 or a negative errno. */
static int event_path(struct dentry *dir, const struct qstr *name, char *buf, size_t size)
{
	int err = mirror_path(dir, buf, size);
	size_t used;

	if (err || !name)
		return err;
	used = strcmp(buf, ".") ? strlen(buf) : 0;
	if (used + 1 + name->len >= size)
		return -ENAMETOOLONG;
	if (used)
		buf[used++] = '/';
	memcpy(buf + used, name->name, name->len);
	buf[used + name->len] = '\0';
	return 0;
}

static int printer_handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type,
				struct inode *dir, const struct qstr *file_name, __u32 cookie,
				struct fsnotify_iter_info *iter_info)
{
	struct dentry *dentry = mirror_alias(dir ? dir : fsnotify_data_inode(data, data_type));
	struct printer *p = group->private;
	struct tree_event *event = NULL;
	char path[PATH_MAX];
	int result;

	(void)iter_info;
	/* Of a directory alone, without its parent: that its number of links has changed, which is nobody's news here. */
	if (!dentry || (!dir && !fsn_IS_ROOT(dentry)))
		return 0;
	if (!event_path(dentry, dir ? file_name : NULL, path, sizeof(path)))
		event = tree_event_alloc(group, mask & (ALL_FSNOTIFY_EVENTS | FS_ISDIR), cookie, path);
	if (!event) {
		p->figures.failed++;
		fsnotify_queue_overflow(group);
		return 0;
	}
	result = fsnotify_add_event(group, &event->fse, printer_merge);
	queue_result(&p->figures, result);
	if (result)
		fsnotify_destroy_event(group, &event->fse);
	return 0;
}

static const struct fsnotify_ops printer_ops = {
	.handle_event = printer_handle_event,
	.free_event = tree_event_free,
	.free_mark = listener_free_mark,
};

/* Below here: the reader. */

static struct tree_event *take(struct printer *p)
{
	struct fsnotify_group *group = p->group;
	struct fsnotify_event *event = NULL;
	bool drained;

	fsn_spin_lock(&group->notification_lock);
	if (!fsnotify_notify_queue_is_empty(group))
		event = fsnotify_remove_first_event(group);
	drained = p->busy && !event;
	p->busy = event != NULL;
	fsn_spin_unlock(&group->notification_lock);
	if (drained)
		fsn_wake_up(&p->drained);
	return event ? tree_event_of(event) : NULL;
}

/* Names may contain anything. */
static void print_path(const char *path)
{
	for (; *path; path++) {
		unsigned char c = *path;

		if (c < ' ' || c == 127 || c == '\\')
			printf("\\%03o", c);
		else
			putchar(c);
	}
}

static void print_event(const struct tree_event *event)
{
	const char *slash = event->mask & FS_ISDIR && event->path[0] ? "/" : "";

	if (event->mask & FS_Q_OVERFLOW) {
		printf("  OVERFLOW       the queue was full: events are missing here\n");
		return;
	}
	printf("  %-14s ", event_name(event->mask));
	print_path(event->path);
	printf("%s", slash);
	if (event->mask & FS_MOVE)
		printf("   (cookie %u, without its other half)", event->cookie);
	putchar('\n');
}

static bool is_second_half(const struct tree_event *first, const struct tree_event *event)
{
	return event->mask & FS_MOVED_TO && event->cookie == first->cookie;
}

static void print_move(const struct tree_event *from, const struct tree_event *to)
{
	const char *slash = to->mask & FS_ISDIR ? "/" : "";

	printf("  %-14s ", "MOVED");
	print_path(from->path);
	printf("%s -> ", slash);
	print_path(to->path);
	printf("%s   (cookie %u)\n", slash, to->cookie);
}

/* Is there room for one more line? */
static bool may_print(struct printer *p, unsigned long events)
{
	if (p->limit && p->lines >= p->limit) {
		p->unprinted += events;
		return false;
	}
	p->lines++;
	return true;
}

static void print_one(struct printer *p, struct tree_event *event)
{
	if (may_print(p, 1))
		print_event(event);
	fsnotify_destroy_event(p->group, &event->fse);
}

static void print_held(struct printer *p)
{
	if (p->held)
		print_one(p, p->held);
	p->held = NULL;
}

/* Prints an event and frees it; the first half of a rename waits for the second, which comes right behind it. */
static void print(struct printer *p, struct tree_event *event)
{
	pthread_mutex_lock(&p->output);
	event_count(p->counts, event->mask);
	p->figures.overflows += !!(event->mask & FS_Q_OVERFLOW);
	if (p->held && is_second_half(p->held, event)) {
		if (may_print(p, 2))
			print_move(p->held, event);
		fsnotify_destroy_event(p->group, &p->held->fse);
		fsnotify_destroy_event(p->group, &event->fse);
		p->held = NULL;
	} else {
		print_held(p);
		if (event->mask & FS_MOVED_FROM)
			p->held = event;
		else
			print_one(p, event);
	}
	pthread_mutex_unlock(&p->output);
}

static bool has_work(struct printer *p)
{
	bool work;

	fsn_spin_lock(&p->group->notification_lock);
	work = p->stop || !fsnotify_notify_queue_is_empty(p->group);
	fsn_spin_unlock(&p->group->notification_lock);
	return work;
}

static bool is_drained(struct printer *p)
{
	bool drained;

	fsn_spin_lock(&p->group->notification_lock);
	drained = !p->busy && fsnotify_notify_queue_is_empty(p->group);
	fsn_spin_unlock(&p->group->notification_lock);
	return drained;
}

static void *reader(void *arg)
{
	struct printer *p = arg;
	struct tree_event *event;
	bool stop;

	do {
		fsn_wait_event(p->group->notification_waitq, has_work(p));
		/* Read before the queue is: whoever sets it queues nothing any more. */
		stop = p->stop;
		while ((event = take(p)))
			print(p, event);
		fflush(stdout);
	} while (!stop);
	return NULL;
}

/* Below here: called by the thread that owns the tree. */

/* Waits until everything queued so far has been printed. */
void printer_drain(struct printer *p)
{
	fsn_wait_event(p->drained, is_drained(p));
}

/* Ends a step of the demonstration and begins the next (NULL: none). */
void printer_step(struct printer *p, const char *title)
{
	printer_drain(p);
	pthread_mutex_lock(&p->output);
	print_held(p);
	if (p->unprinted)
		printf("  ... and %lu more events\n", p->unprinted);
	p->lines = 0;
	p->unprinted = 0;
	if (title)
		printf("-- %s\n", title);
	fflush(stdout);
	pthread_mutex_unlock(&p->output);
}

static void watch_directory(void *arg, struct inode *dir)
{
	struct printer *p = arg;
	int err = listener_mark(p->group, dir, FSNOTIFY_OBJ_TYPE_INODE, PRINTER_MASK, 0, 0);

	/* A directory that was lost from sight and found again still has its mark. */
	if (err && err != -EEXIST)
		p->marks_failed++;
}

static void watch_directories(struct printer *p, struct dentry *dir)
{
	struct dentry *child;

	watch_directory(p, dir->d_inode);
	fsn_hlist_for_each_entry(child, &dir->d_children, d_sib) {
		if (child->d_inode && S_ISDIR(child->d_inode->i_mode))
			watch_directories(p, child);
	}
}

/* 0 or a negative errno; on failure printer_stop() is called nevertheless. */
int printer_start(struct printer *p, struct mirror *m, unsigned long limit)
{
	memset(p, 0, sizeof(*p));
	p->limit = limit;
	fsn_init_waitqueue_head(&p->drained);
	pthread_mutex_init(&p->output, NULL);
	p->memcg = fsn_memcg_create("printer");
	p->group = p->memcg ? listener_group(&printer_ops, p->memcg) : NULL;
	if (!p->group)
		return -ENOMEM;
	p->group->private = p;
	p->group->max_events = PRINTER_MAX_EVENTS;
	p->group->priority = FSNOTIFY_PRIO_NORMAL;
	m->on_directory = watch_directory;
	m->on_directory_arg = p;
	watch_directories(p, mirror_root(m));
	return -pthread_create(&p->reader, NULL, reader, p);
}

/* Ends the reader when it has printed everything. The group stays. */
void printer_stop(struct printer *p)
{
	fsnotify_group_stop_queueing(p->group);
	fsn_spin_lock(&p->group->notification_lock);
	p->stop = true;
	fsn_spin_unlock(&p->group->notification_lock);
	fsn_wake_up(&p->group->notification_waitq);
	pthread_join(p->reader, NULL);
	printer_step(p, NULL);
	pthread_mutex_destroy(&p->output);
}
