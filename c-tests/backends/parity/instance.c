// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buf[65536] __attribute__((__aligned__(16)));

static void events(int instance, long len)
{
	if (is_fanotify(instance))
		fanotify_events(instance, buf, len);
	else
		inotify_events(buf, len);
}

static long take(int instance, size_t size)
{
	long n = world.read(instances[instance], buf, size < sizeof(buf) ? size : sizeof(buf));

	if (n > 0)
		events(instance, n);
	return n;
}

/* What FIONREAD said of events that were read then: @all bytes of them, of which @heads are no information records. */
static void held(int instance, long said, long all, long heads)
{
	if (said == all)
		line("i%d held %ld bytes", instance, all);
	else if (said == heads)
		line("i%d held %ld bytes, and said so without the information records", instance, all);
	else
		line("i%d held %ld bytes, and said %s", instance, all, result_name(said));
}

static long heads_of(int instance, long len)
{
	long heads = 0, one;

	for (long at = 0; is_fanotify(instance) && at < len; at += one)
		heads += fanotify_head(buf + at, &one);
	return is_fanotify(instance) ? heads : len;
}

long instance_drain(int instance)
{
	long said = world.fionread(instances[instance]), all = 0, heads = 0, n;

	while ((n = take(instance, sizeof(buf))) > 0) {
		all += n;
		heads += heads_of(instance, n);
	}
	held(instance, said, all, heads);
	return n;
}

/* How many events of each mask there are, and which is the last. */
static long tally(int instance)
{
	char kind = is_fanotify(instance) ? 'F' : 'I', mask[OP_LINE];
	struct { unsigned long mask, n; } seen[32] = { { 0, 0 } };
	long said = world.fionread(instances[instance]), all = 0, heads = 0, n;
	unsigned long last = 0;

	while ((n = world.read(instances[instance], buf, sizeof(buf))) > 0) {
		all += n;
		heads += heads_of(instance, n);
		for (long at = 0; at < n;) {
			int i = 0;

			at += is_fanotify(instance) ? fanotify_mask(buf + at, &last) : inotify_mask(buf + at, &last);
			while (i < 31 && seen[i].n && seen[i].mask != last)
				i++;
			seen[i].mask = last;
			seen[i].n++;
		}
	}
	held(instance, said, all, heads);
	for (int i = 0; i < 32 && seen[i].n; i++) {
		flags_print(kind, seen[i].mask, mask, sizeof(mask));
		line("%lu of %s", seen[i].n, mask);
	}
	flags_print(kind, last, mask, sizeof(mask));
	line("the last is %s", mask);
	return n;
}

/* Inodes as objects; devices, mounts and the bytes of file handles are another world's. */
static void fdinfo_line(const char *text)
{
	const char *ino = strstr(text, " ino:"), *dev = strstr(text, " sdev:");
	char shown[OP_LINE] = "";
	size_t len = 0;

	while (*text && len < sizeof(shown) - 300) {
		int word = (int)strcspn(text, " "), key = (int)strcspn(text, ": ");
		const char *space = len ? " " : "";

		if (ino && dev && text == ino + 1)
			len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%sino:%s", space,
				object_by_inode((unsigned int)strtoul(dev + 6, NULL, 16), strtoul(ino + 5, NULL, 16)));
		else if (!strncmp(text, "sdev:", 5) || !strncmp(text, "f_handle:", 9) || !strncmp(text, "mnt_id:", 7))
			len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%s%.*s", space, key, text);
		else
			len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%s%.*s", space, word, text);
		text += word;
		text += strspn(text, " ");
	}
	line("%s", shown);
}

static long fdinfo(int instance)
{
	long error = world.fdinfo(instances[instance], buf, sizeof(buf));
	char *rest;

	if (error < 0)
		return error;
	for (char *text = strtok_r(buf, "\n", &rest); text; text = strtok_r(NULL, "\n", &rest))
		if (strncmp(text, "inotify ", 8) == 0 || strncmp(text, "fanotify ", 9) == 0)
			fdinfo_line(text);
	return 0;
}

static long async(const struct op *op)
{
	int fd = instances[op->arg[0]];
	long error = world.fcntl(fd, F_SETOWN, getpid());

	if (error >= 0)
		error = world.fcntl(fd, F_SETSIG, op->arg[1]);
	if (error >= 0)
		error = world.fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
	return error;
}

static long end(int instance)
{
	int fd = instances[instance];

	instances[instance] = -1;
	fanotify_ended(instance);
	return world.close(fd);
}

bool instance_operation(const struct op *op, long *result)
{
	int instance = (int)op->arg[0];

	switch (op->code) {
	case OP_DRAIN:
		*result = instance_drain(instance);
		return true;
	case OP_TALLY:
		*result = tally(instance);
		return true;
	case OP_TAKE:
		*result = take(instance, op->arg[1] < 0 ? 0 : (size_t)op->arg[1]);
		return true;
	case OP_POLL:
		*result = world.poll(instances[instance], POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM);
		return true;
	case OP_FIONREAD_:
		*result = world.fionread(instances[instance]);
		return true;
	case OP_END:
		*result = end(instance);
		return true;
	case OP_ASYNC:
		*result = async(op);
		return true;
	case OP_FDINFO:
		*result = fdinfo(instance);
		return true;
	default:
		return false;
	}
}
