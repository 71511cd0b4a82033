// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memfs: FIFOs, whose bytes are kept by the inode for as long as anybody has one open. A program that does not name this file
 * among its sources cannot open them.
 */
#include <linux/fs.h>

#include "memfs_parts.h"

#include <string.h>
#include <linux/wait.h>

/* What Linux gives a pipe by default. */
#define CAPACITY 65536

/* In the place of a regular file's data; the inode's lock protects it. */
struct mem_fifo {
	unsigned int readers, writers;
	size_t len;
	struct wait_queue_head wait;
	char bytes[CAPACITY];
};

static struct mem_fifo *fifo_of(struct inode *inode)
{
	return (struct mem_fifo *)mem_i(inode)->data;
}

/* The inode is locked. */
static int fifo_begin(struct inode *inode)
{
	struct mem_fifo *fifo = fifo_of(inode);

	if (fifo)
		return 0;
	fifo = kvmalloc(sizeof(*fifo), GFP_KERNEL_ACCOUNT);
	if (!fifo)
		return -ENOMEM;
	fifo->readers = fifo->writers = 0;
	fifo->len = 0;
	init_waitqueue_head(&fifo->wait);
	mem_i(inode)->data = (char *)fifo;
	return 0;
}

/* Without its partner an end waits, unless it has both or shall not wait; a writer that shall not wait is refused. */
static int fifo_partner(struct mem_fifo *fifo, const struct file *file)
{
	bool reads = file->f_mode & FMODE_READ, writes = file->f_mode & FMODE_WRITE;

	if (reads && writes)
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return 0;
	return wait_event_interruptible(fifo->wait, reads ? READ_ONCE(fifo->writers) : READ_ONCE(fifo->readers)) ? -ERESTARTSYS : 0;
}

static void fifo_leave(struct inode *inode, const struct file *file)
{
	struct mem_fifo *fifo = fifo_of(inode);

	inode_lock(inode);
	fifo->readers -= !!(file->f_mode & FMODE_READ);
	fifo->writers -= !!(file->f_mode & FMODE_WRITE);
	if (!fifo->readers && !fifo->writers)
		fifo->len = 0;
	wake_up_interruptible_all(&fifo->wait);
	inode_unlock(inode);
}

static int fifo_open(struct inode *inode, struct file *file)
{
	bool reads = file->f_mode & FMODE_READ, writes = file->f_mode & FMODE_WRITE;
	int err = fsnotify_open_perm(file);

	if (err)
		return err;
	inode_lock(inode);
	err = fifo_begin(inode);
	if (!err && writes && !reads && (file->f_flags & O_NONBLOCK) && !fifo_of(inode)->readers)
		err = -ENXIO;
	if (!err) {
		fifo_of(inode)->readers += reads;
		fifo_of(inode)->writers += writes;
		wake_up_interruptible_all(&fifo_of(inode)->wait);
	}
	inode_unlock(inode);
	if (err)
		return err;
	err = fifo_partner(fifo_of(inode), file);
	if (err)
		fifo_leave(inode, file);
	else
		fsnotify_open(file);
	return err;
}

static int fifo_release(struct inode *inode, struct file *file)
{
	fsnotify_close(file);
	fifo_leave(inode, file);
	return 0;
}

/* -EAGAIN as long as there is nothing and somebody might still write. */
static ssize_t take(struct inode *inode, char *buf, size_t size)
{
	struct mem_fifo *fifo = fifo_of(inode);
	ssize_t n = fifo->writers ? -EAGAIN : 0;

	inode_lock(inode);
	if (fifo->len) {
		n = (ssize_t)(size < fifo->len ? size : fifo->len);
		if (copy_to_user(buf, fifo->bytes, (size_t)n))
			n = -EFAULT;
	}
	if (n > 0) {
		fifo->len -= (size_t)n;
		memmove(fifo->bytes, fifo->bytes + n, fifo->len);
		mem_touch(inode, true, false, false);
		wake_up_interruptible_all(&fifo->wait);
	}
	inode_unlock(inode);
	return n;
}

static ssize_t fifo_read(struct file *file, char *buf, size_t size, loff_t *pos)
{
	struct inode *inode = file_inode(file);
	struct mem_fifo *fifo = fifo_of(inode);
	ssize_t n = fsnotify_file_area_perm(file, MAY_READ, pos, size);

	if (n || !size)
		return n;
	while ((n = take(inode, buf, size)) == -EAGAIN && !(file->f_flags & O_NONBLOCK))
		if (wait_event_interruptible(fifo->wait, READ_ONCE(fifo->len) || !READ_ONCE(fifo->writers)))
			return -ERESTARTSYS;
	if (n > 0)
		fsnotify_access(file);
	return n;
}

/* What there is room for: all of a small write or nothing. */
static ssize_t put(struct inode *inode, const char *buf, size_t size)
{
	struct mem_fifo *fifo = fifo_of(inode);
	size_t room;
	ssize_t n;

	inode_lock(inode);
	room = CAPACITY - fifo->len;
	if (!fifo->readers)
		n = -EPIPE;
	else if (!room || (size <= 4096 && size > room))
		n = -EAGAIN;
	else
		n = (ssize_t)(size < room ? size : room);
	if (n > 0 && copy_from_user(fifo->bytes + fifo->len, buf, (size_t)n))
		n = -EFAULT;
	if (n > 0) {
		fifo->len += (size_t)n;
		mem_touch(inode, false, true, true);
		wake_up_interruptible_all(&fifo->wait);
	}
	inode_unlock(inode);
	return n;
}

/* Who writes for nobody gets the error; the signal is left out. */
static ssize_t fifo_write(struct file *file, const char *buf, size_t size, loff_t *pos)
{
	struct inode *inode = file_inode(file);
	struct mem_fifo *fifo = fifo_of(inode);
	ssize_t n = fsnotify_file_area_perm(file, MAY_WRITE, pos, size), done = 0;

	if (n || !size)
		return n;
	while (done < (ssize_t)size) {
		n = put(inode, buf + done, size - (size_t)done);
		if (n > 0) {
			done += n;
			continue;
		}
		if (n != -EAGAIN || (file->f_flags & O_NONBLOCK))
			break;
		n = wait_event_interruptible(fifo->wait, READ_ONCE(fifo->len) < CAPACITY || !READ_ONCE(fifo->readers));
		if (n)
			break;
	}
	if (done > 0)
		fsnotify_modify(file);
	return done ? done : n;
}

static loff_t fifo_llseek(struct file *file, loff_t offset, int whence)
{
	(void)file;
	(void)offset;
	(void)whence;
	return -ESPIPE;
}

const struct file_operations mem_fifo_operations = {
	.open = fifo_open,
	.release = fifo_release,
	.read = fifo_read,
	.write = fifo_write,
	.llseek = fifo_llseek,
};
