// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of inotify, and its events in words.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

static long init(const struct op *op)
{
	int *slot = &instances[op->arg[0]];
	long fd;

	if (*slot >= 0)
		return -EBUSY;
	fd = world.inotify_init((int)op->arg[1] | IN_NONBLOCK);
	if (fd < 0)
		return fd;
	*slot = (int)fd;
	return 0;
}

void inotify_events(const char *buf, long len)
{
	struct inotify_event event;

	for (long at = 0; at < len; at += (long)(sizeof(event) + event.len)) {
		char mask[OP_LINE];

		if (len - at < (long)sizeof(event)) {
			line("%ld bytes that are no event", len - at);
			return;
		}
		memcpy(&event, buf + at, sizeof(event));
		flags_print('I', event.mask, mask, sizeof(mask));
		line("event wd %d %s cookie %u len %u \"%.*s\"", event.wd, mask, cookie_number(event.cookie), event.len,
		     (int)event.len, buf + at + sizeof(event));
	}
}

long inotify_mask(const char *buf, unsigned long *mask)
{
	struct inotify_event event;

	memcpy(&event, buf, sizeof(event));
	*mask = event.mask;
	return (long)(sizeof(event) + event.len);
}

bool inotify_operation(const struct op *op, long *result)
{
	switch (op->code) {
	case OP_INIT:
		*result = init(op);
		return true;
	case OP_ADD:
		*result = world.inotify_add_watch(instances[op->arg[0]], op_paths[op->arg[1]], (unsigned int)op->arg[2]);
		return true;
	case OP_RM:
		*result = world.inotify_rm_watch(instances[op->arg[0]], (int)op->arg[1]);
		return true;
	default:
		return false;
	}
}
