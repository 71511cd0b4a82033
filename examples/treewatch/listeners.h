/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three listeners, each a group with its own table of operations.
 *
 * printer (printer.c)   marks on every directory, watching the children; a queue and a thread that reads it
 * counter (counter.c)   a mark on the superblock with an ignore mask; counts in the callback, before the printer is called
 * sleeper (sleeper.c)   a mark on the superblock; a short queue that nobody reads
 */
#ifndef TREEWATCH_LISTENERS_H
#define TREEWATCH_LISTENERS_H

#include <pthread.h>
#include <stdbool.h>

#include "mirror.h"

/* The events that are counted by type: their bits and names (event.c). */
#define EVENT_TYPES 14

struct event_type {
	__u32 mask;
	const char *name;
};

extern const struct event_type event_types[EVENT_TYPES];

void event_count(unsigned long *counts, __u32 mask);
const char *event_name(__u32 mask);

/* What became of the events that a listener wanted to queue. */
struct queue_figures {
	unsigned long queued;
	unsigned long merged;
	/* found the queue full */
	unsigned long dropped;
	/* found no memory */
	unsigned long failed;
	/* overflow events that a reader took off */
	unsigned long overflows;
};

void queue_result(struct queue_figures *figures, int result);

/* An event on a queue. */
struct tree_event {
	struct fsnotify_event fse;
	__u32 mask;
	__u32 cookie;
	char path[];
};

struct tree_event *tree_event_alloc(struct fsnotify_group *group, __u32 mask, __u32 cookie, const char *path);
void tree_event_free(struct fsnotify_group *group, struct fsnotify_event *event);
struct fsnotify_group *listener_group(const struct fsnotify_ops *ops, struct mem_cgroup *memcg);
int listener_mark(struct fsnotify_group *group, void *object, unsigned int type, __u32 mask, __u32 ignore_mask,
		  unsigned int flags);
void listener_free_mark(struct fsnotify_mark *mark);

struct printer {
	struct fsnotify_group *group;
	struct mem_cgroup *memcg;
	struct queue_figures figures;
	unsigned long marks_failed;
	/* by type, as read */
	unsigned long counts[EVENT_TYPES];
	pthread_t reader;
	/* stop when the queue is empty [notification_lock] */
	bool stop;
	/* an event is being printed [notification_lock] */
	bool busy;
	/* where printer_drain() waits */
	wait_queue_head_t drained;
	/* protects the output and what follows */
	pthread_mutex_t output;
	/* the first half of a rename, until the second has been read */
	struct tree_event *held;
	/* lines to print in a step, 0: all of them; lines so far; events beyond */
	unsigned long limit;
	unsigned long lines;
	unsigned long unprinted;
};

int printer_start(struct printer *p, struct mirror *m, unsigned long limit);
void printer_drain(struct printer *p);
void printer_step(struct printer *p, const char *title);
void printer_stop(struct printer *p);

struct counter {
	struct fsnotify_group *group;
	unsigned long counts[EVENT_TYPES];
};

int counter_start(struct counter *c, struct mirror *m);

struct sleeper {
	struct fsnotify_group *group;
	struct mem_cgroup *memcg;
	struct queue_figures figures;
};

#define SLEEPER_MAX_EVENTS 64

int sleeper_start(struct sleeper *s, struct mirror *m);

#endif
