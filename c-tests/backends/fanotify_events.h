/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fanotify's read() gives, taken apart and as one line of text an event. Knows neither the library nor the kernel:
 * include a <linux/fanotify.h> first, and give it the names of objects.
 */
#ifndef C_TESTS_BACKENDS_FANOTIFY_EVENTS_H
#define C_TESTS_BACKENDS_FANOTIFY_EVENTS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FAN_MAX_FIDS 3
#define FAN_UNUSED __attribute__((__unused__))

/* An object as an event identifies it. */
struct fan_fid {
	int type;
	int fsid[2];
	int handle_type;
	unsigned int handle_bytes;
	unsigned char handle[128];
	bool named;
	/* as long as the longest that the kernel reports */
	char name[4096];
};

struct fan_event {
	uint64_t mask;
	int fd;
	int pid;
	unsigned int len;
	int n_fids;
	struct fan_fid fids[FAN_MAX_FIDS];
	bool has_pidfd;
	int pidfd;
	bool has_error;
	int error;
	unsigned int error_count;
};

/* Says why a buffer is none that fanotify may give. */
FAN_UNUSED static bool fan_malformed(const char *why)
{
	printf("# malformed event: %s\n", why);
	return false;
}

static bool fan_parse_fid(struct fan_event *event, const unsigned char *record, unsigned int len)
{
	struct fan_fid *fid = &event->fids[event->n_fids];
	/* header, fsid, struct file_handle without its bytes */
	unsigned int at = 4 + 8 + 8, end;

	if (event->n_fids++ == FAN_MAX_FIDS)
		return fan_malformed("too many file handles");
	if (len < at)
		return fan_malformed("a file handle's record is too short");
	fid->type = record[0];
	memcpy(fid->fsid, record + 4, sizeof(fid->fsid));
	memcpy(&fid->handle_bytes, record + 12, 4);
	memcpy(&fid->handle_type, record + 16, 4);
	if (fid->handle_bytes > sizeof(fid->handle) || at + fid->handle_bytes > len)
		return fan_malformed("a file handle does not fit into its record");
	memcpy(fid->handle, record + at, fid->handle_bytes);
	at += fid->handle_bytes;
	fid->named = fid->type != FAN_EVENT_INFO_TYPE_FID && fid->type != FAN_EVENT_INFO_TYPE_DFID;
	if (fid->named) {
		const unsigned char *nul = (const unsigned char *)memchr(record + at, 0, len - at);

		if (!nul || nul == record + at)
			return fan_malformed("a name without an end, or an empty one");
		memcpy(fid->name, record + at, (size_t)(nul - record) - at + 1);
		at = (unsigned int)(nul - record) + 1;
	}
	for (end = at; end < len; end++)
		if (record[end])
			return fan_malformed("the padding is not zero");
	return len - at < 4 || fan_malformed("too much padding");
}

static bool fan_parse_record(struct fan_event *event, const unsigned char *record, unsigned int len)
{
	switch (record[0]) {
	case FAN_EVENT_INFO_TYPE_FID:
	case FAN_EVENT_INFO_TYPE_DFID:
	case FAN_EVENT_INFO_TYPE_DFID_NAME:
	case FAN_EVENT_INFO_TYPE_OLD_DFID_NAME:
	case FAN_EVENT_INFO_TYPE_NEW_DFID_NAME:
		return fan_parse_fid(event, record, len);
	case FAN_EVENT_INFO_TYPE_PIDFD:
		if (len != 8 || event->has_pidfd)
			return fan_malformed("a pidfd's record of another size, or a second one");
		event->has_pidfd = true;
		memcpy(&event->pidfd, record + 4, 4);
		return true;
	case FAN_EVENT_INFO_TYPE_ERROR:
		if (len != 12 || event->has_error)
			return fan_malformed("an error's record of another size, or a second one");
		event->has_error = true;
		memcpy(&event->error, record + 4, 4);
		memcpy(&event->error_count, record + 8, 4);
		return true;
	}
	return fan_malformed("a record of no known type");
}

/* Takes the first event from @n bytes at @buf: its length, or -1 if it is not well formed. */
FAN_UNUSED static long fan_parse(const void *buf, long n, struct fan_event *event)
{
	const unsigned char *bytes = (const unsigned char *)buf;
	struct fanotify_event_metadata meta;
	unsigned int at, len;

	memset(event, 0, sizeof(*event));
	if (n < (long)sizeof(meta))
		return fan_malformed("less than the metadata") - 1;
	memcpy(&meta, bytes, sizeof(meta));
	if (meta.vers != FANOTIFY_METADATA_VERSION || meta.reserved || meta.metadata_len != sizeof(meta) ||
	    meta.event_len < sizeof(meta) || meta.event_len > (unsigned long)n)
		return fan_malformed("the metadata") - 1;
	event->mask = meta.mask;
	event->fd = meta.fd;
	event->pid = meta.pid;
	event->len = meta.event_len;
	for (at = sizeof(meta); at < meta.event_len; at += len) {
		if (meta.event_len - at < 4)
			return fan_malformed("a record without a header") - 1;
		len = bytes[at + 2] | (unsigned int)bytes[at + 3] << 8;
		if (len < 4 || len % 4 || len > meta.event_len - at || bytes[at + 1])
			return fan_malformed("a record's header") - 1;
		if (!fan_parse_record(event, bytes + at, len))
			return -1;
	}
	return meta.event_len;
}

/* ---- text ---- */

struct fan_text {
	char *at, *end;
};

__attribute__((__format__(__printf__, 2, 3))) static void fan_say(struct fan_text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->at, (size_t)(text->end - text->at), format, args);
	va_end(args);
	text->at += n < text->end - text->at ? n : text->end - text->at - 1;
}

static const struct {
	uint32_t bit;
	const char *name;
} fan_bits[] = {
	{ FAN_ACCESS, "ACCESS" }, { FAN_MODIFY, "MODIFY" }, { FAN_ATTRIB, "ATTRIB" }, { FAN_CLOSE_WRITE, "CLOSE_WRITE" },
	{ FAN_CLOSE_NOWRITE, "CLOSE_NOWRITE" }, { FAN_OPEN, "OPEN" }, { FAN_MOVED_FROM, "MOVED_FROM" },
	{ FAN_MOVED_TO, "MOVED_TO" }, { FAN_CREATE, "CREATE" }, { FAN_DELETE, "DELETE" }, { FAN_DELETE_SELF, "DELETE_SELF" },
	{ FAN_MOVE_SELF, "MOVE_SELF" }, { FAN_OPEN_EXEC, "OPEN_EXEC" }, { FAN_Q_OVERFLOW, "Q_OVERFLOW" },
	{ FAN_FS_ERROR, "FS_ERROR" }, { FAN_OPEN_PERM, "OPEN_PERM" }, { FAN_ACCESS_PERM, "ACCESS_PERM" },
	{ FAN_OPEN_EXEC_PERM, "OPEN_EXEC_PERM" }, { FAN_RENAME, "RENAME" }, { FAN_ONDIR, "ONDIR" },
};

static void fan_say_mask(struct fan_text *text, uint64_t mask)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < sizeof(fan_bits) / sizeof(fan_bits[0]); i++) {
		if (mask & fan_bits[i].bit) {
			fan_say(text, "%s%s", between, fan_bits[i].name);
			between = "|";
		}
		mask &= ~(uint64_t)fan_bits[i].bit;
	}
	if (mask || !*between)
		fan_say(text, "%s%#llx", between, (unsigned long long)mask);
}

static const char *fan_type_name(int type)
{
	switch (type) {
	case FAN_EVENT_INFO_TYPE_FID:
		return "fid";
	case FAN_EVENT_INFO_TYPE_DFID:
	case FAN_EVENT_INFO_TYPE_DFID_NAME:
		return "dfid";
	case FAN_EVENT_INFO_TYPE_OLD_DFID_NAME:
		return "old";
	default:
		return "new";
	}
}

/* How objects are called: those behind handles and those behind descriptors. The text lives until the next call. */
struct fan_names {
	const char *(*fid)(const struct fan_fid *fid);
	const char *(*fd)(int fd);
};

/*
 * One event in one line: the mask; the object behind the descriptor, if there is one (fd=NAME, or fd=ERRNO); each file handle
 * as fid=OBJECT, dfid=DIRECTORY/NAME, old=..., new=...; error=ERROR*COUNT. Processes are left to the caller.
 */
FAN_UNUSED static const char *fan_format(const struct fan_event *event, const struct fan_names *names, char *line, size_t size)
{
	struct fan_text text = { line, line + size };
	int i;

	fan_say_mask(&text, event->mask);
	if (event->fd >= 0)
		fan_say(&text, " fd=%s", names->fd(event->fd));
	else if (event->fd != FAN_NOFD)
		fan_say(&text, " fd=%d", event->fd);
	for (i = 0; i < event->n_fids; i++) {
		const struct fan_fid *fid = &event->fids[i];

		fan_say(&text, " %s=%s", fan_type_name(fid->type), names->fid(fid));
		if (fid->named)
			fan_say(&text, "/%s", fid->name);
	}
	if (event->has_error)
		fan_say(&text, " error=%d*%u", event->error, event->error_count);
	return line;
}

#endif /* C_TESTS_BACKENDS_FANOTIFY_EVENTS_H */
