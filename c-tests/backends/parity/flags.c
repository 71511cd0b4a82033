// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of flags. What a C library may be too old for is given by its value.
 */
#define _GNU_SOURCE
#include "language.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>

struct flag {
	const char *name;
	unsigned long value;
};

#define FLAG(name) { #name, (unsigned long)(name) }

/* In each table what stands for several bits comes before the bits. */
static const struct flag open_flags[] = {
	FLAG(O_WRONLY), FLAG(O_RDWR), FLAG(O_TMPFILE), FLAG(O_CREAT), FLAG(O_EXCL), FLAG(O_TRUNC), FLAG(O_APPEND),
	FLAG(O_NONBLOCK), FLAG(O_DIRECTORY), FLAG(O_NOFOLLOW), FLAG(O_PATH), FLAG(O_CLOEXEC), { "O_RDONLY", 0 }, { NULL, 0 },
};
static const struct flag rename_flags[] = {
	{ "NOREPLACE", 1 }, { "EXCHANGE", 2 }, { "WHITEOUT", 4 }, { NULL, 0 },
};
static const struct flag umount_flags[] = { FLAG(MNT_DETACH), { NULL, 0 } };
static const struct flag node_types[] = {
	FLAG(S_IFSOCK), FLAG(S_IFREG), FLAG(S_IFCHR), FLAG(S_IFIFO), { NULL, 0 },
};
static const struct flag fallocate_modes[] = { { "KEEP_SIZE", 1 }, { "PUNCH_HOLE", 2 }, { NULL, 0 } };
static const struct flag signals[] = {
	{ "SIGIO", SIGIO }, { "SIGUSR1", SIGUSR1 }, { "RT0", 34 }, { "RT1", 35 }, { "RT2", 36 }, { NULL, 0 },
};
static const struct flag inotify_masks[] = {
	FLAG(IN_ALL_EVENTS), FLAG(IN_ACCESS), FLAG(IN_MODIFY), FLAG(IN_ATTRIB), FLAG(IN_CLOSE_WRITE), FLAG(IN_CLOSE_NOWRITE),
	FLAG(IN_OPEN), FLAG(IN_MOVED_FROM), FLAG(IN_MOVED_TO), FLAG(IN_CREATE), FLAG(IN_DELETE), FLAG(IN_DELETE_SELF),
	FLAG(IN_MOVE_SELF), FLAG(IN_UNMOUNT), FLAG(IN_Q_OVERFLOW), FLAG(IN_IGNORED), FLAG(IN_ONLYDIR), FLAG(IN_DONT_FOLLOW),
	FLAG(IN_EXCL_UNLINK), { "IN_MASK_CREATE", 0x10000000 }, FLAG(IN_MASK_ADD), FLAG(IN_ISDIR), FLAG(IN_ONESHOT), { NULL, 0 },
};
static const struct flag inotify_init_flags[] = { FLAG(IN_NONBLOCK), FLAG(IN_CLOEXEC), { NULL, 0 } };
static const struct flag dnotify_masks[] = {
	{ "DN_ACCESS", 1 }, { "DN_MODIFY", 2 }, { "DN_CREATE", 4 }, { "DN_DELETE", 8 }, { "DN_RENAME", 0x10 }, { "DN_ATTRIB", 0x20 },
	{ "DN_MULTISHOT", 0x80000000UL }, { NULL, 0 },
};
static const struct flag fanotify_masks[] = {
	{ "FAN_ACCESS", 0x1 }, { "FAN_MODIFY", 0x2 }, { "FAN_ATTRIB", 0x4 }, { "FAN_CLOSE_WRITE", 0x8 },
	{ "FAN_CLOSE_NOWRITE", 0x10 }, { "FAN_OPEN", 0x20 }, { "FAN_MOVED_FROM", 0x40 }, { "FAN_MOVED_TO", 0x80 },
	{ "FAN_CREATE", 0x100 }, { "FAN_DELETE", 0x200 }, { "FAN_DELETE_SELF", 0x400 }, { "FAN_MOVE_SELF", 0x800 },
	{ "FAN_OPEN_EXEC", 0x1000 }, { "FAN_Q_OVERFLOW", 0x4000 }, { "FAN_FS_ERROR", 0x8000 }, { "FAN_OPEN_PERM", 0x10000 },
	{ "FAN_ACCESS_PERM", 0x20000 }, { "FAN_OPEN_EXEC_PERM", 0x40000 }, { "FAN_EVENT_ON_CHILD", 0x08000000 },
	{ "FAN_RENAME", 0x10000000 }, { "FAN_ONDIR", 0x40000000 }, { NULL, 0 },
};
static const struct flag fanotify_init_flags[] = {
	{ "FAN_CLOEXEC", 0x1 }, { "FAN_NONBLOCK", 0x2 }, { "FAN_CLASS_CONTENT", 0x4 }, { "FAN_CLASS_PRE_CONTENT", 0x8 },
	{ "FAN_UNLIMITED_QUEUE", 0x10 }, { "FAN_UNLIMITED_MARKS", 0x20 }, { "FAN_ENABLE_AUDIT", 0x40 },
	{ "FAN_REPORT_PIDFD", 0x80 }, { "FAN_REPORT_TID", 0x100 }, { "FAN_REPORT_FID", 0x200 }, { "FAN_REPORT_DIR_FID", 0x400 },
	{ "FAN_REPORT_NAME", 0x800 }, { "FAN_REPORT_TARGET_FID", 0x1000 }, { "FAN_REPORT_FD_ERROR", 0x2000 },
	{ "FAN_CLASS_NOTIF", 0 }, { NULL, 0 },
};
static const struct flag fanotify_mark_flags[] = {
	{ "FAN_MARK_ADD", 0x1 }, { "FAN_MARK_REMOVE", 0x2 }, { "FAN_MARK_DONT_FOLLOW", 0x4 }, { "FAN_MARK_ONLYDIR", 0x8 },
	{ "FAN_MARK_MOUNT", 0x10 }, { "FAN_MARK_IGNORED_MASK", 0x20 }, { "FAN_MARK_IGNORED_SURV_MODIFY", 0x40 },
	{ "FAN_MARK_FLUSH", 0x80 }, { "FAN_MARK_FILESYSTEM", 0x100 }, { "FAN_MARK_EVICTABLE", 0x200 },
	{ "FAN_MARK_IGNORE", 0x400 }, { NULL, 0 },
};
static const struct flag fanotify_responses[] = {
	{ "FAN_ALLOW", 0x1 }, { "FAN_DENY", 0x2 }, { "FAN_AUDIT", 0x10 }, { "CLOSE", 0x1000 }, { NULL, 0 },
};

static const struct flag *table(char kind)
{
	switch (kind) {
	case 'o': return open_flags;
	case 'r': return rename_flags;
	case 'u': return umount_flags;
	case 't': return node_types;
	case 'a': return fallocate_modes;
	case 'S': return signals;
	case 'I': return inotify_masks;
	case 'J': return inotify_init_flags;
	case 'D': return dnotify_masks;
	case 'F': return fanotify_masks;
	case 'G': return fanotify_init_flags;
	case 'K': return fanotify_mark_flags;
	case 'R': return fanotify_responses;
	}
	return NULL;
}

/* A kind of which only one value can be named at a time. */
static bool is_choice(char kind)
{
	return kind == 'S' || kind == 't';
}

void flags_print(char kind, unsigned long value, char *text, size_t size)
{
	const struct flag *flag = table(kind);
	size_t len = 0;

	text[0] = 0;
	for (; flag && flag->name; flag++)
		if (flag->value && (is_choice(kind) ? value == flag->value : (value & flag->value) == flag->value)) {
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? "|" : "", flag->name);
			value &= ~flag->value;
		}
	if (value || !len)
		snprintf(text + len, size - len, value ? "%s0x%lx" : "%s0", len ? "|" : "", value);
}

bool flags_parse(char kind, const char *text, size_t len, unsigned long *value)
{
	*value = 0;
	while (len) {
		size_t part = strcspn(text, "| ");
		const struct flag *flag = table(kind);
		char *end;

		part = part < len ? part : len;
		while (flag->name && !(strncmp(flag->name, text, part) == 0 && !flag->name[part]))
			flag++;
		if (flag->name) {
			*value |= flag->value;
		} else {
			*value |= strtoul(text, &end, 0);
			if (!part || end != text + part)
				return false;
		}
		part += part < len;
		text += part;
		len -= part;
	}
	return true;
}
