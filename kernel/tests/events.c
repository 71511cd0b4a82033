/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as text. */
#include "events.h"

#define TEXT_SIZE 8192

struct text {
	char bytes[TEXT_SIZE];
	size_t length;
};

static void add(struct text *to, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(to->bytes + to->length, TEXT_SIZE - to->length, format, args);
	va_end(args);
	if (length > 0)
		to->length += (size_t)length;
	if (to->length >= TEXT_SIZE)
		to->length = TEXT_SIZE - 1;
}

/* inotify's and fanotify's bits have the same values where both have them. */
static const struct {
	uint64_t bit;
	const char *inotify, *fanotify;
} masks[] = {
	{ IN_ACCESS, "ACCESS", "ACCESS" },
	{ IN_MODIFY, "MODIFY", "MODIFY" },
	{ IN_ATTRIB, "ATTRIB", "ATTRIB" },
	{ IN_CLOSE_WRITE, "CLOSE_WRITE", "CLOSE_WRITE" },
	{ IN_CLOSE_NOWRITE, "CLOSE_NOWRITE", "CLOSE_NOWRITE" },
	{ IN_OPEN, "OPEN", "OPEN" },
	{ IN_MOVED_FROM, "MOVED_FROM", "MOVED_FROM" },
	{ IN_MOVED_TO, "MOVED_TO", "MOVED_TO" },
	{ IN_CREATE, "CREATE", "CREATE" },
	{ IN_DELETE, "DELETE", "DELETE" },
	{ IN_DELETE_SELF, "DELETE_SELF", "DELETE_SELF" },
	{ IN_MOVE_SELF, "MOVE_SELF", "MOVE_SELF" },
	{ 0x1000, NULL, "OPEN_EXEC" },
	{ IN_UNMOUNT, "UNMOUNT", NULL },
	{ IN_Q_OVERFLOW, "Q_OVERFLOW", "Q_OVERFLOW" },
	{ IN_IGNORED, "IGNORED", NULL },
	{ 0x10000, NULL, "OPEN_PERM" },
	{ 0x20000, NULL, "ACCESS_PERM" },
	{ 0x40000, NULL, "OPEN_EXEC_PERM" },
	{ 0x10000000, NULL, "RENAME" },
	{ IN_ISDIR, "ISDIR", "ONDIR" },
};

static void add_mask(struct text *to, uint64_t mask, bool fanotify)
{
	const char *between = "";

	for (unsigned int i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		const char *name = fanotify ? masks[i].fanotify : masks[i].inotify;

		if (name && mask & masks[i].bit) {
			add(to, "%s%s", between, name);
			between = "|";
			mask &= ~masks[i].bit;
		}
	}
	if (mask)
		add(to, "%s%#llx", between, (unsigned long long)mask);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *inotify_events(int fd)
{
	static struct text text;
	char buffer[65536] __attribute__((__aligned__(8)));
	uint32_t cookies[64], n_cookies = 0;
	ssize_t length;

	text.length = 0;
	text.bytes[0] = '\0';
	while ((length = read(fd, buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *event;

		for (char *at = buffer; at < buffer + length; at += sizeof(*event) + event->len) {
			uint32_t i = 0;

			event = (const void *)at;
			add(&text, "%s%d ", text.length ? "; " : "", event->wd);
			add_mask(&text, event->mask, false);
			while (event->cookie && i < n_cookies && cookies[i] != event->cookie)
				i++;
			if (event->cookie && i == n_cookies && n_cookies < 64)
				cookies[n_cookies++] = event->cookie;
			if (event->cookie)
				add(&text, " #%u", i + 1);
			if (event->len)
				add(&text, " %s", event->name);
		}
	}
	if (length < 0 && errno != EAGAIN)
		add(&text, "%sread: %s", text.length ? "; " : "", strerror(errno));
	return text.bytes;
}

static void add_place(struct text *to, int fd)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	add(to, "%s", last_part(path));
}

static void add_records(struct text *to, const struct fanotify_event_metadata *event, int mount_fd)
{
	const char *end = (const char *)event + event->event_len;
	const struct fanotify_event_info_header *record;

	for (const char *at = (const char *)event + event->metadata_len; at < end; at += record->len) {
		const struct fanotify_event_info_fid *fid = (const void *)at;
		struct file_handle *handle = (void *)(uintptr_t)fid->handle;
		int fd;

		record = (const void *)at;
		if (record->info_type == FAN_EVENT_INFO_TYPE_PIDFD) {
			const struct fanotify_event_info_pidfd *pidfd = (const void *)at;

			add(to, pidfd->pidfd >= 0 ? " pidfd" : " no-pidfd");
			if (pidfd->pidfd >= 0)
				close(pidfd->pidfd);
			continue;
		}
		add(to, " ");
		if (record->info_type == FAN_EVENT_INFO_TYPE_FID)
			add(to, "fid:");
		if (record->info_type == FAN_EVENT_INFO_TYPE_OLD_DFID_NAME)
			add(to, "old:");
		if (record->info_type == FAN_EVENT_INFO_TYPE_NEW_DFID_NAME)
			add(to, "new:");
		fd = open_by_handle_at(mount_fd, handle, O_PATH | O_CLOEXEC);
		if (fd >= 0)
			add_place(to, fd);
		else
			add(to, errno == ESTALE ? "(gone)" : "(%s)", strerror(errno));
		if (fd >= 0)
			close(fd);
		if (record->info_type != FAN_EVENT_INFO_TYPE_FID && record->info_type != FAN_EVENT_INFO_TYPE_DFID)
			add(to, "/%s", (const char *)handle->f_handle + handle->handle_bytes);
	}
}

const char *fanotify_events(int fd, int mount_fd)
{
	static struct text text;
	char buffer[16384] __attribute__((__aligned__(8)));
	ssize_t length;

	text.length = 0;
	text.bytes[0] = '\0';
	while ((length = read(fd, buffer, sizeof(buffer))) > 0) {
		const struct fanotify_event_metadata *event = (const void *)buffer;

		for (; FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
			add(&text, "%s", text.length ? "; " : "");
			add_mask(&text, event->mask, true);
			if (event->pid != getpid())
				add(&text, event->pid ? " other" : " nobody");
			if (event->fd >= 0) {
				add(&text, " ");
				add_place(&text, event->fd);
				close(event->fd);
			}
			add_records(&text, event, mount_fd);
		}
	}
	if (length < 0 && errno != EAGAIN)
		add(&text, "%sread: %s", text.length ? "; " : "", strerror(errno));
	return text.bytes;
}

bool same(const char *got, const char *wanted, const char *description, ...)
{
	char what[256];
	va_list args;

	va_start(args, description);
	vsnprintf(what, sizeof(what), description, args);
	va_end(args);
	if (check(!strcmp(got, wanted), "%s", what))
		return true;
	note("wanted: %s", wanted);
	note("got:    %s", got);
	return false;
}

int inotify(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	must(fd >= 0, "inotify_init1");
	return fd;
}

void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	must(fd >= 0, path);
	close(fd);
}
