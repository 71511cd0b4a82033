// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations on the tree, on open files and on mounts: the same system calls in every world.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Any other would be a different operation on another machine: what a file is grown by. */
#define MOST	4096

static char bytes[MOST];

static const char *path(const struct op *op, int n)
{
	return op_paths[op->arg[n]];
}

static int file(const struct op *op, int n)
{
	return files[op->arg[n]];
}

static size_t count(const struct op *op, int n)
{
	return op->arg[n] < 0 ? 0 : op->arg[n] > MOST ? MOST : (size_t)op->arg[n];
}

static long open_slot(const struct op *op)
{
	int *slot = &files[op->arg[0]];
	long fd;

	if (*slot >= 0)
		return -EBUSY;
	fd = world.open(path(op, 1), (int)op->arg[2], 0755);
	if (fd < 0)
		return fd;
	*slot = (int)fd;
	return 0;
}

static long dup_slot(const struct op *op)
{
	int *slot = &files[op->arg[1]];
	long fd;

	if (*slot >= 0)
		return -EBUSY;
	fd = world.dup(file(op, 0));
	if (fd < 0)
		return fd;
	*slot = (int)fd;
	return 0;
}

static long close_slot(const struct op *op)
{
	int *slot = &files[op->arg[0]], fd = *slot;

	*slot = -1;
	return world.close(fd);
}

/* Writes and chmods in turn, so that no event is like the one before it. */
static long flood(const struct op *op)
{
	long error = 0;

	for (long i = 0; i < op->arg[1] && error >= 0; i++)
		error = i % 2 ? world.fchmod(file(op, 0), 0755) : world.pwrite(file(op, 0), bytes, 1, 0);
	return error < 0 ? error : 0;
}

/* Many files in a directory, so that no event is like another. */
static long fill(const struct op *op)
{
	char name[OP_LINE];
	long error = 0;

	for (long i = 0; i < op->arg[1] && error >= 0; i++) {
		snprintf(name, sizeof(name), "%s/%ld", path(op, 0), i);
		error = world.mknod(name, S_IFREG | 0755);
	}
	return error;
}

static long read_link(const struct op *op)
{
	char target[256];

	return world.readlink(path(op, 0), target, sizeof(target));
}

static long stat_path(const struct op *op)
{
	struct identity identity;

	return world.identify(path(op, 0), &identity);
}

static long names(const struct op *op)
{
	switch (op->code) {
	case OP_MKDIR:
		return world.mkdir(path(op, 0), (int)op->arg[1]);
	case OP_RMDIR:
		return world.rmdir(path(op, 0));
	case OP_MKNOD:
		return world.mknod(path(op, 0), (int)op->arg[1] | 0755);
	case OP_SYMLINK:
		return world.symlink(path(op, 0), path(op, 1));
	case OP_LINK:
		return world.link(path(op, 0), path(op, 1));
	case OP_UNLINK:
		return world.unlink(path(op, 0));
	case OP_RENAME:
		return world.rename(path(op, 0), path(op, 1), (unsigned int)op->arg[2]);
	case OP_CHMOD:
		return world.chmod(path(op, 0), (int)op->arg[1]);
	case OP_CHOWN:
		return world.chown(path(op, 0), (int)op->arg[1]);
	case OP_UTIMES:
		return world.utimes(path(op, 0), 3);
	case OP_UTIMES_ONE:
		return world.utimes(path(op, 0), (int)op->arg[1]);
	case OP_TRUNCATE:
		return world.truncate(path(op, 0), (long)op->arg[1]);
	case OP_SETXATTR:
		return world.setxattr(path(op, 0), "security.parity", bytes, count(op, 1));
	case OP_REMOVEXATTR:
		return world.removexattr(path(op, 0), "security.parity");
	case OP_EXEC:
		return world.exec(path(op, 0));
	case OP_READLINK:
		return read_link(op);
	case OP_STAT:
		return stat_path(op);
	case OP_FILL:
		return fill(op);
	case OP_MOUNT:
		return world.mount(path(op, 0));
	case OP_BIND:
		return world.bind(path(op, 0), path(op, 1));
	case OP_UMOUNT:
		return world.umount(path(op, 0), (int)op->arg[1]);
	default:
		return -ENOSYS;
	}
}

static long descriptors(const struct op *op)
{
	switch (op->code) {
	case OP_OPEN:
		return open_slot(op);
	case OP_CLOSE:
		return close_slot(op);
	case OP_DUP:
		return dup_slot(op);
	case OP_READ:
		return world.read(file(op, 0), bytes, count(op, 1));
	case OP_WRITE:
		return world.write(file(op, 0), bytes, count(op, 1));
	case OP_PREAD:
		return world.pread(file(op, 0), bytes, count(op, 1), 0);
	case OP_PWRITE:
		return world.pwrite(file(op, 0), bytes, count(op, 1), op->arg[2]);
	case OP_SEEK:
		return world.lseek(file(op, 0), op->arg[1]);
	case OP_FTRUNCATE:
		return world.ftruncate(file(op, 0), op->arg[1]);
	case OP_FALLOCATE:
		return world.fallocate(file(op, 0), (int)op->arg[1], op->arg[2], op->arg[3]);
	case OP_FCHMOD:
		return world.fchmod(file(op, 0), (int)op->arg[1]);
	case OP_READDIR:
		return world.readdir(file(op, 0));
	case OP_FLOOD:
		return flood(op);
	default:
		return -ENOSYS;
	}
}

bool tree_operation(const struct op *op, long *result)
{
	if (op->code > OP_UMOUNT)
		return false;
	/* No executable that a kernel would know. */
	memset(bytes, 'x', sizeof(bytes));
	*result = (op->code >= OP_OPEN && op->code <= OP_FLOOD ? descriptors : names)(op);
	return true;
}
