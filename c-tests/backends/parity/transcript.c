// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "transcript.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int files[FILES], instances[INSTANCES];

void line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("    ", stdout);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

const char *result_name(long value)
{
	static char text[32];
	const char *name = value < 0 ? strerrorname_np((int)-value) : NULL;

	if (name)
		return name;
	snprintf(text, sizeof(text), "%ld", value);
	return text;
}

unsigned int cookie_number(unsigned int cookie)
{
	static unsigned int *seen;
	static unsigned int n, room;

	if (!cookie)
		return 0;
	/* The newest first: a cookie's second event comes soon after its first. */
	for (unsigned int i = n; i > 0; i--)
		if (seen[i - 1] == cookie)
			return i;
	if (n == room) {
		room = room ? 2 * room : 64;
		seen = realloc(seen, room * sizeof(*seen));
		if (!seen)
			abort();
	}
	seen[n++] = cookie;
	return n;
}

/* ---- objects ---- */

struct object {
	struct object *next;
	struct identity identity;
	struct handle handle;
	char name[];
};
static struct object *objects;

static struct object *find(const struct identity *identity)
{
	struct object *object = objects;

	while (object && memcmp(&object->identity, identity, sizeof(*identity)) != 0)
		object = object->next;
	return object;
}

void object_see(const char *path)
{
	struct identity identity = { .ino = 0 };
	size_t room = strlen(path) + 16;
	struct object *object;
	int same = 0;

	if (world.identify(path, &identity) != 0 || find(&identity))
		return;
	for (object = objects; object; object = object->next) {
		size_t len = strcspn(object->name, "'");

		same += len == strlen(path) && memcmp(object->name, path, len) == 0;
	}
	object = calloc(1, sizeof(*object) + room);
	if (!object)
		abort();
	object->identity = identity;
	if (world.handle(path, &object->handle) != 0)
		object->handle.len = 0;
	if (same)
		snprintf(object->name, room, "%s'%d", path, same + 1);
	else
		strcpy(object->name, path);
	object->next = objects;
	objects = object;
}

const char *object_by_file(int fd)
{
	struct identity identity = { .ino = 0 };
	const struct object *object = world.identify_file(fd, &identity) == 0 ? find(&identity) : NULL;

	return object ? object->name : "?";
}

/* The newest that matches: a device's number is used again when its filesystem is gone. */
const char *object_by_inode(unsigned int dev, unsigned long ino)
{
	const struct object *object = objects;

	while (object && (object->identity.ino != ino || object->identity.dev != dev))
		object = object->next;
	return object ? object->name : "?";
}

const char *object_by_handle(const int fsid[2], const struct handle *handle)
{
	const struct object *object = objects;

	while (object && (memcmp(object->identity.fsid, fsid, sizeof(object->identity.fsid)) != 0 ||
			  object->handle.type != handle->type || object->handle.len != handle->len ||
			  memcmp(object->handle.bytes, handle->bytes, handle->len) != 0))
		object = object->next;
	return object ? object->name : "?";
}

const char *slot_by_file(int fd)
{
	static char text[4];

	for (int i = 0; i < FILES; i++)
		if (files[i] == fd) {
			snprintf(text, sizeof(text), "f%d", i);
			return text;
		}
	for (int i = 0; i < INSTANCES; i++)
		if (instances[i] == fd) {
			snprintf(text, sizeof(text), "i%d", i);
			return text;
		}
	return "?";
}
