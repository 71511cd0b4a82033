// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of fanotify, its events in words, and the answers to those that wait for one.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ASKS		(FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM)
#define NONOTIFY	0x6000000UL	/* FMODE_NONOTIFY, of which kernels have moved the bit */
#define CLOSE		0x1000	/* a response: the instance is closed while its event waits */

static struct {
	bool ours, asks;
	unsigned int response;
} groups[INSTANCES];
static atomic_int helper;

bool is_fanotify(int instance)
{
	return groups[instance].ours;
}

void fanotify_ended(int instance)
{
	memset(&groups[instance], 0, sizeof(groups[instance]));
}

static const char *who(int pid)
{
	return pid == getpid() ? "self" : pid == 0 ? "0" : pid == helper ? "helper" : "other";
}

/* ---- events ---- */

/* True if the flags of the descriptor show what the kernel marks such files with for itself. */
static bool show_file(int fd, char *text, size_t size)
{
	unsigned long got;
	char flags[256];

	if (fd < 0) {
		snprintf(text, size, "%s", fd == FAN_NOFD ? "none" : result_name(fd));
		return false;
	}
	got = (unsigned long)world.fcntl(fd, F_GETFL, 0);
	/* O_LARGEFILE is the C library's matter. */
	flags_print('o', got & ~0x8000UL & ~NONOTIFY, flags, sizeof(flags));
	snprintf(text, size, "%s %s", object_by_file(fd), flags);
	return got & NONOTIFY;
}

static void show_fid(const struct fanotify_event_info_header *header)
{
	const struct fanotify_event_info_fid *fid = (const void *)header;
	struct handle handle = { .len = 0 };
	int type, fsid[2];
	const char *at = (const char *)fid->handle;

	memcpy(fsid, &fid->fsid, sizeof(fsid));
	memcpy(&handle.len, at, sizeof(handle.len));
	memcpy(&type, at + sizeof(handle.len), sizeof(type));
	handle.type = (unsigned int)type;
	at += sizeof(handle.len) + sizeof(type);
	if (handle.len > sizeof(handle.bytes)) {
		line("  info %d len %d with a handle of %u bytes", header->info_type, header->len, handle.len);
		return;
	}
	memcpy(handle.bytes, at, handle.len);
	at += handle.len;
	line("  info %d len %d: %s (handle type %d, %u bytes)%s%s%s", header->info_type, header->len,
	     object_by_handle(fsid, &handle), type, handle.len, at < (const char *)header + header->len ? " \"" : "",
	     at < (const char *)header + header->len ? at : "", at < (const char *)header + header->len ? "\"" : "");
}

static void show_info(const struct fanotify_event_info_header *header)
{
	switch (header->info_type) {
	case FAN_EVENT_INFO_TYPE_PIDFD: {
		int pidfd = ((const struct fanotify_event_info_pidfd *)header)->pidfd;

		line("  info %d len %d: pidfd %s", header->info_type, header->len, pidfd >= 0 ? "present" : result_name(pidfd));
		if (pidfd >= 0)
			world.close(pidfd);
		break;
	}
	case FAN_EVENT_INFO_TYPE_ERROR: {
		const struct fanotify_event_info_error *error = (const void *)header;

		line("  info %d len %d: error %d, %u times", header->info_type, header->len, error->error, error->error_count);
		break;
	}
	default:
		show_fid(header);
	}
}

static void answer(int instance, int fd)
{
	struct fanotify_response response = { .fd = fd, .response = groups[instance].response };
	char text[OP_LINE];
	long n;

	if (response.response == CLOSE) {
		line("  closed, and it waits: %s", result_name(world.close(instances[instance])));
		instances[instance] = -1;
		fanotify_ended(instance);
		return;
	}
	n = world.write(instances[instance], &response, sizeof(response));
	flags_print('R', response.response, text, sizeof(text));
	line("  answer %s = %s", text, result_name(n));
	if (n < 0) {
		/* Never left waiting. */
		response.response = FAN_ALLOW;
		line("  answer FAN_ALLOW = %s", result_name(world.write(instances[instance], &response, sizeof(response))));
	}
}

/*
 * Who asks is read while the operation goes on. Whether two events that need no answer are merged depends on when that
 * happens, so they are kept until the operation has ended and merged here.
 */
#define LATE		32
#define LATE_LEN	256

static struct {
	char bytes[LATE_LEN] __attribute__((__aligned__(16)));
	int instance;
} late[LATE];
static int n_late;
static bool answering;

static void close_descriptors(const char *buf)
{
	struct fanotify_event_metadata event;

	memcpy(&event, buf, sizeof(event));
	if (event.fd >= 0)
		world.close(event.fd);
	for (long at = event.metadata_len; at < event.event_len;) {
		const struct fanotify_event_info_header *header = (const void *)(buf + at);
		int pidfd = header->info_type == FAN_EVENT_INFO_TYPE_PIDFD ? ((const struct fanotify_event_info_pidfd *)header)->pidfd : -1;

		if (pidfd >= 0)
			world.close(pidfd);
		at += header->len;
	}
}

static bool same_object(const struct fanotify_event_metadata *a, const struct fanotify_event_metadata *b)
{
	return a->pid == b->pid && !((a->mask ^ b->mask) & FAN_ONDIR) && a->fd >= 0 && b->fd >= 0 &&
	       strcmp(object_by_file(a->fd), object_by_file(b->fd)) == 0;
}

static bool keep(int instance, const char *buf)
{
	struct fanotify_event_metadata event, other;

	memcpy(&event, buf, sizeof(event));
	if (!answering || (event.mask & ASKS) || event.event_len > LATE_LEN)
		return false;
	for (int i = 0; i < n_late; i++) {
		memcpy(&other, late[i].bytes, sizeof(other));
		if (late[i].instance != instance || !same_object(&other, &event))
			continue;
		other.mask |= event.mask;
		memcpy(late[i].bytes, &other, sizeof(other));
		close_descriptors(buf);
		return true;
	}
	if (n_late == LATE)
		return false;
	late[n_late].instance = instance;
	memcpy(late[n_late++].bytes, buf, event.event_len);
	return true;
}

void fanotify_events(int instance, const char *buf, long len)
{
	struct fanotify_event_metadata event;

	for (long at = 0; len - at >= (long)sizeof(event); at += event.event_len) {
		char mask[OP_LINE], file[OP_LINE];
		bool marked;
		long info;

		memcpy(&event, buf + at, sizeof(event));
		if (keep(instance, buf + at))
			continue;
		flags_print('F', event.mask, mask, sizeof(mask));
		marked = show_file(event.fd, file, sizeof(file));
		line("event i%d %s len %u vers %d metadata %d fd %s pid %s", instance, mask, event.event_len, event.vers,
		     event.metadata_len, file, who(event.pid));
		if (marked)
			line("  the flags of its descriptor show FMODE_NONOTIFY");
		for (info = at + event.metadata_len; info < at + event.event_len;) {
			const struct fanotify_event_info_header *header = (const void *)(buf + info);

			show_info(header);
			if (!header->len)
				break;
			info += header->len;
		}
		/* Closed before it is answered, by its number: who waits may want to have the file for itself. */
		if (event.fd >= 0)
			world.close(event.fd);
		if ((event.mask & ASKS) && instances[instance] >= 0)
			answer(instance, event.fd);
		if (event.event_len < sizeof(event))
			return;
	}
}

/* Its descriptor, if there is one, is closed. */
long fanotify_mask(const char *buf, unsigned long *mask)
{
	struct fanotify_event_metadata event;

	memcpy(&event, buf, sizeof(event));
	*mask = event.mask;
	if (event.fd >= 0)
		world.close(event.fd);
	return event.event_len;
}

long fanotify_head(const char *buf, long *len)
{
	struct fanotify_event_metadata event;

	memcpy(&event, buf, sizeof(event));
	*len = event.event_len;
	return event.metadata_len;
}

/* ---- answering ---- */

struct carried_out {
	const struct op *op;
	long result;
	sem_t finished;
};

static void *carry_out(void *data)
{
	struct carried_out *it = data;

	helper = (int)syscall(SYS_gettid);
	tree_operation(it->op, &it->result);
	sem_post(&it->finished);
	return NULL;
}

/* True if there was something to read. */
static bool read_askers(void)
{
	static char buf[4096] __attribute__((__aligned__(16)));
	bool any = false;

	for (int i = 0; i < INSTANCES; i++) {
		long n = groups[i].asks ? world.read(instances[i], buf, sizeof(buf)) : 0;

		if (n > 0) {
			fanotify_events(i, buf, n);
			any = true;
		}
	}
	return any;
}

bool fanotify_answering(const struct op *op, long *result)
{
	struct carried_out it = { .op = op };
	bool asks = false, finished = false;
	pthread_t thread;

	for (int i = 0; i < INSTANCES; i++)
		asks |= groups[i].asks;
	if (!asks || op->code > OP_UMOUNT)
		return false;
	sem_init(&it.finished, 0, 0);
	if (pthread_create(&thread, NULL, carry_out, &it) != 0)
		return false;
	answering = true;
	while (read_askers() || !finished) {
		struct timespec soon;

		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 200000;
		if (soon.tv_nsec >= 1000000000) {
			soon.tv_sec++;
			soon.tv_nsec -= 1000000000;
		}
		finished = finished || sem_timedwait(&it.finished, &soon) == 0;
	}
	pthread_join(thread, NULL);
	answering = false;
	for (int i = 0; i < n_late; i++) {
		struct fanotify_event_metadata event;

		memcpy(&event, late[i].bytes, sizeof(event));
		fanotify_events(late[i].instance, late[i].bytes, event.event_len);
	}
	n_late = 0;
	sem_destroy(&it.finished);
	*result = it.result;
	return true;
}

/* ---- operations ---- */

static long init(const struct op *op)
{
	int instance = (int)op->arg[0];
	long fd;

	if (instances[instance] >= 0)
		return -EBUSY;
	fd = world.fanotify_init((unsigned int)op->arg[1] | FAN_NONBLOCK, (unsigned int)op->arg[2]);
	if (fd < 0)
		return fd;
	instances[instance] = (int)fd;
	groups[instance].ours = true;
	groups[instance].asks = false;
	groups[instance].response = FAN_ALLOW;
	return 0;
}

static long mark(const struct op *op, int dir, const char *path)
{
	int instance = (int)op->arg[0];
	long error = world.fanotify_mark(instances[instance], (unsigned int)op->arg[1], (unsigned long)op->arg[2], dir, path);

	if (error >= 0 && (op->arg[2] & ASKS))
		groups[instance].asks = true;
	return error;
}

bool fanotify_operation(const struct op *op, long *result)
{
	switch (op->code) {
	case OP_FAN_INIT:
		*result = init(op);
		return true;
	case OP_FAN_MARK:
		*result = mark(op, AT_FDCWD, op_paths[op->arg[3]]);
		return true;
	case OP_FAN_MARK_FILE:
		*result = mark(op, files[op->arg[3]], NULL);
		return true;
	case OP_ANSWER:
		groups[op->arg[0]].response = (unsigned int)op->arg[1];
		*result = 0;
		return true;
	default:
		return false;
	}
}
