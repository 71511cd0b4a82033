/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small backend for the tests of files and descriptors: a group whose events carry some bytes, and a file with its own
 * operations in front of it. An event reads as its size (4 bytes) and so many bytes of one value; a buffer takes whole
 * events, -EINVAL if not even the first fits.
 */
#ifndef C_TESTS_STREAM_H
#define C_TESTS_STREAM_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <fsnotify/fsnotify.h>
#include "tap.h"

#define S_UNUSED __attribute__((unused))
#define peek(variable) __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)

/* Waits for something that is sure to come; after some twenty seconds the test has failed. */
#define wait_until(condition) do {								\
	int tries_ = 0;										\
												\
	while (!(condition) && tries_++ < 75000)						\
		usleep(200);									\
	if (!(condition))									\
		ok(false, "came true: %s", #condition);						\
} while (0)

struct packet {
	struct fsnotify_event fse;
	__u32 size;
	unsigned char value;
};

static int stream_released, stream_flushed, stream_fails;
static pthread_t stream_released_by;

static int stream_handle(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir,
			 const struct qstr *name, __u32 cookie)
{
	(void)mark, (void)mask, (void)inode, (void)dir, (void)name, (void)cookie;
	return 0;
}

static void stream_free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	free(event);
}

static void stream_free_mark(struct fsnotify_mark *mark)
{
	(void)mark;
}

static const struct fsnotify_ops stream_group_ops = {
	.handle_inode_event = stream_handle, .free_event = stream_free_event, .free_mark = stream_free_mark,
};

S_UNUSED static void stream_put(struct fsnotify_group *group, __u32 size, unsigned char value)
{
	struct packet *packet = calloc(1, sizeof(*packet));

	packet->size = size;
	packet->value = value;
	fsnotify_init_event(&packet->fse);
	fsnotify_insert_event(group, &packet->fse, NULL, NULL);
}

static bool stream_is_empty(struct fsnotify_group *group)
{
	bool empty;

	fsn_spin_lock(&group->notification_lock);
	empty = fsnotify_notify_queue_is_empty(group);
	fsn_spin_unlock(&group->notification_lock);
	return empty;
}

static struct packet *stream_next(struct fsnotify_group *group, size_t room)
{
	struct packet *packet = NULL;

	fsn_spin_lock(&group->notification_lock);
	if (!fsnotify_notify_queue_is_empty(group)) {
		packet = (struct packet *)fsnotify_peek_first_event(group);
		if (packet->size + sizeof(__u32) > room)
			packet = fsn_ERR_PTR(-EINVAL);
		else
			fsnotify_remove_first_event(group);
	}
	fsn_spin_unlock(&group->notification_lock);
	return packet;
}

static long stream_read(struct file *file, char *buf, size_t count, int64_t *pos)
{
	struct fsnotify_group *group = file->private_data;
	char *start = buf;

	(void)pos;
	for (;;) {
		struct packet *packet = peek(stream_fails) ? fsn_ERR_PTR(-peek(stream_fails)) : stream_next(group, count);

		if (fsn_IS_ERR(packet))
			return buf > start ? buf - start : fsn_PTR_ERR(packet);
		if (packet) {
			memcpy(buf, &packet->size, sizeof(__u32));
			memset(buf + sizeof(__u32), packet->value, packet->size);
			buf += sizeof(__u32) + packet->size;
			count -= sizeof(__u32) + packet->size;
			fsnotify_destroy_event(group, &packet->fse);
			continue;
		}
		if (buf > start)
			return buf - start;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (fsn_wait_event_interruptible(group->notification_waitq, !stream_is_empty(group)))
			return -FSN_ERESTARTSYS;
	}
}

static unsigned int stream_poll(struct file *file, struct poll_table_struct *wait)
{
	struct fsnotify_group *group = file->private_data;

	fsn_poll_wait(file, &group->notification_waitq, wait);
	return stream_is_empty(group) ? 0 : POLLIN | POLLRDNORM;
}

static long stream_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct fsnotify_group *group = file->private_data;

	switch (cmd) {
	case FIONREAD:
		*(int *)arg = group->q_len;
		return 0;
	default:
		return -515;	/* ENOIOCTLCMD */
	}
}

static int stream_fasync(int fd, struct file *file, int on)
{
	struct fsnotify_group *group = file->private_data;

	return fsn_fasync_helper(fd, file, on, &group->fsn_fa) < 0 ? -EIO : 0;
}

static int stream_flush(struct file *file, void *id)
{
	(void)file, (void)id;
	__atomic_add_fetch(&stream_flushed, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int stream_release(struct inode *inode, struct file *file)
{
	(void)inode;
	stream_released_by = pthread_self();
	fsnotify_destroy_group(file->private_data);
	__atomic_add_fetch(&stream_released, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static const struct file_operations stream_ops = {
	.llseek = fsn_noop_llseek, .read = stream_read, .poll = stream_poll, .unlocked_ioctl = stream_ioctl,
	.flush = stream_flush, .release = stream_release, .fasync = stream_fasync,
};

/* A group, and a descriptor of the library's table for it. */
S_UNUSED static struct fsnotify_group *stream_open(int *fd, int flags)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&stream_group_ops, 0);

	group->max_events = 1000000;
	*fd = fsn_anon_inode_getfd("stream", &stream_ops, group, O_RDONLY | flags);
	return group;
}

/* Whether the bytes are @count packets of this size, with values from @value on. */
S_UNUSED static bool are_packets(const char *buf, long bytes, unsigned int count, __u32 size, unsigned char value)
{
	if (bytes != (long)(count * (size + sizeof(__u32))))
		return false;
	for (; count; count--, value++, buf += size + sizeof(__u32)) {
		if (memcmp(buf, &size, sizeof(size)))
			return false;
		for (__u32 i = 0; i < size; i++)
			if ((unsigned char)buf[sizeof(__u32) + i] != value)
				return false;
	}
	return true;
}

#endif /* C_TESTS_STREAM_H */
