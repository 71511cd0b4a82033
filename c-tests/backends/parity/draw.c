// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random sequences. They begin with a small tree and a few marks, then draw operations of which many do something: few paths,
 * few slots. How often the instances are read is drawn for the sequence as a whole, so that some merge and pile up events.
 */
#define _GNU_SOURCE
#include "script.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

static uint64_t state;

static uint64_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static long below(long n)
{
	return (long)(next() % (uint64_t)n);
}

static bool one_in(long n)
{
	return below(n) == 0;
}

#define PICK(array)	((array)[below((long)(sizeof(array) / sizeof((array)[0])))])

/* Some of the bits. */
static long some(long bits)
{
	return bits & (long)(one_in(3) ? next() & next() : one_in(2) ? next() : next() | next());
}

/* What is executed in a sequence of fanotify's, and not touched otherwise: see draw_tree(). */
#define PROGRAM "m/d/fifteen-letters"

/*
 * A file and its other name, which nobody opens: in 6.12.117 a watched file ends when its last name goes and none of its names
 * is held open, in other kernels when its last name goes (inode_notify_dead()).
 */
#define LINKED	"m/d/sixteen-letters!"
#define OTHER	"m/e/t"

static int at(const char *name)
{
	return op_path(name, strlen(name));
}

/* What there probably is, so that not all operations fail. */
static enum { NONE, FILE_, DIRECTORY } there[64];
static bool is_open[FILES];

static bool probable(long path, int wanted)
{
	return wanted < 0 || (int)there[path] == wanted || (wanted == FILE_ + DIRECTORY && there[path] != NONE);
}

/* A path of what is wanted, most of the time: NONE, FILE_, DIRECTORY, either of both (their sum), or anything (-1). */
static long path_of(int wanted)
{
	static const char *const often[] = {
		"m/a", "m/b", "m/d", "m/d/a", "m/d/b", "m/d/s", "m/d/s/a", "m/e", "m/e/a", "m/e/b",
	};
	long path;

	if (one_in(20)) {
		path = below((long)n_op_paths);
		return path == at(PROGRAM) || path == at(LINKED) || path == at(OTHER) ? 0 : path;
	}
	for (int tries = 0; tries < 12; tries++) {
		path = at(one_in(12) ? "m" : one_in(12) ? "n/a" : PICK(often));
		if (probable(path, wanted))
			break;
	}
	return path;
}

static long path(void)
{
	return path_of(one_in(8) ? -1 : FILE_ + DIRECTORY);
}

static void forget_below(long path)
{
	size_t len = strlen(op_paths[path]);

	for (size_t i = 0; i < n_op_paths; i++)
		if (strncmp(op_paths[i], op_paths[path], len) == 0 && op_paths[i][len] == '/')
			there[i] = NONE;
}

/* Follows what an operation does if it succeeds. */
static void follow(const struct op *op)
{
	switch (op->code) {
	case OP_MKDIR:
		there[op->arg[0]] = there[op->arg[0]] ? there[op->arg[0]] : DIRECTORY;
		break;
	case OP_MKNOD:
		there[op->arg[0]] = there[op->arg[0]] ? there[op->arg[0]] : FILE_;
		break;
	case OP_OPEN:
		is_open[op->arg[0]] |= there[op->arg[1]] || (op->arg[2] & O_CREAT);
		if (op->arg[2] & O_CREAT)
			there[op->arg[1]] = there[op->arg[1]] ? there[op->arg[1]] : FILE_;
		break;
	case OP_CLOSE:
		is_open[op->arg[0]] = false;
		break;
	case OP_UNLINK:
		there[op->arg[0]] = there[op->arg[0]] == FILE_ ? NONE : there[op->arg[0]];
		break;
	case OP_RMDIR:
		there[op->arg[0]] = there[op->arg[0]] == DIRECTORY ? NONE : there[op->arg[0]];
		break;
	case OP_RENAME:
		if (!op->arg[2] && there[op->arg[0]]) {
			there[op->arg[1]] = there[op->arg[0]];
			there[op->arg[0]] = NONE;
			forget_below(op->arg[0]);
		}
		break;
	default:
		break;
	}
}

static struct script *drawn;
/* It is fanotify's sequence. */
static bool asking;
/* The slots for files of all kinds come first; dnotify's directories are in the others. */
static int slots;

static void say(const char *text)
{
	char why[OP_LINE];
	struct op op;

	if (op_parse(text, &op, why, sizeof(why))) {
		script_append(drawn, &op);
		follow(&op);
	} else {
		fprintf(stderr, "parity: %s: %s\n", text, why);
	}
}

/* ---- operations on the tree ---- */

static const struct {
	enum op_code code;
	int weight;
} tree[] = {
	{ OP_MKDIR, 6 }, { OP_RMDIR, 4 }, { OP_MKNOD, 5 }, { OP_SYMLINK, 1 }, { OP_UNLINK, 7 }, { OP_RENAME, 14 },
	{ OP_CHMOD, 4 }, { OP_CHOWN, 1 }, { OP_UTIMES, 1 }, { OP_UTIMES_ONE, 2 }, { OP_TRUNCATE, 3 }, { OP_SETXATTR, 1 },
	{ OP_REMOVEXATTR, 1 }, { OP_EXEC, 2 }, { OP_READLINK, 1 }, { OP_STAT, 1 },
	{ OP_OPEN, 18 }, { OP_CLOSE, 10 }, { OP_DUP, 1 }, { OP_READ, 6 }, { OP_WRITE, 8 }, { OP_PREAD, 2 }, { OP_PWRITE, 2 },
	{ OP_SEEK, 2 }, { OP_FTRUNCATE, 2 }, { OP_FALLOCATE, 2 }, { OP_FCHMOD, 2 }, { OP_READDIR, 3 },
};

static long open_mode(void)
{
	static const long access[] = { O_RDONLY, O_RDWR, O_RDWR, O_WRONLY };
	long flags = PICK(access);

	if (one_in(2))
		flags |= O_CREAT | (one_in(4) ? O_EXCL : 0);
	if (one_in(4))
		flags |= O_TRUNC;
	if (one_in(8))
		flags |= O_APPEND;
	if (one_in(6))
		flags = O_RDONLY | O_DIRECTORY;
	if (one_in(16))
		flags |= O_PATH;
	if (one_in(16))
		flags |= O_NOFOLLOW;
	/* A FIFO must not keep anybody waiting. */
	return flags | O_NONBLOCK;
}

static long tree_number(enum op_code code, int argument)
{
	static const long modes[] = { 0755, 0700, 0644, 0777 };
	static const long sizes[] = { 0, 1, 5, 100, 4096 };

	switch (code) {
	case OP_MKDIR:
	case OP_CHMOD:
	case OP_FCHMOD:
		return PICK(modes);
	case OP_CHOWN:
		return 0;
	case OP_UTIMES_ONE:
		return below(4);
	case OP_FALLOCATE:
		return argument == 3 ? 1 + below(4096) : PICK(sizes);
	default:
		return PICK(sizes);
	}
}

static long tree_path(enum op_code code, int argument)
{
	switch (code) {
	case OP_MKDIR:
	case OP_MKNOD:
		return path_of(one_in(4) ? -1 : NONE);
	case OP_RMDIR:
		return path_of(one_in(8) ? -1 : DIRECTORY);
	case OP_UNLINK:
	case OP_TRUNCATE:
		return path_of(one_in(8) ? -1 : FILE_);
	case OP_EXEC:
		/* Whether a program may be open for writing has changed for files that ask for permission to read. */
		return asking || !one_in(4) ? at(PROGRAM) : path();
	case OP_OPEN:
		return path_of(one_in(4) ? -1 : FILE_ + DIRECTORY);
	case OP_RENAME:
	case OP_SYMLINK:
		return argument ? path_of(-1) : path();
	default:
		return path();
	}
}

/* One that is open, or one that is not; never that of plant(). */
static long slot(bool open)
{
	long slot = 0;

	for (int tries = 0; tries < 8; tries++) {
		slot = below(one_in(8) ? FILES : slots);
		slot -= slot == 3;
		if (is_open[slot] == open)
			break;
	}
	return slot;
}

static void draw_tree(void)
{
	static const long types[] = { S_IFREG, S_IFREG, S_IFREG, S_IFREG, S_IFREG, S_IFSOCK };
	struct op op = { .code = OP_STAT };
	int total = 0, drawn_at;
	size_t i;

	for (i = 0; i < sizeof(tree) / sizeof(tree[0]); i++)
		total += tree[i].weight;
	drawn_at = (int)below(total);
	for (i = 0; drawn_at >= tree[i].weight; i++)
		drawn_at -= tree[i].weight;
	op.code = tree[i].code;
	for (int n = 0; op_forms[op.code].args[n]; n++)
		switch (op_forms[op.code].args[n]) {
		case 'p':
			op.arg[n] = tree_path(op.code, n);
			break;
		case 'f':
			op.arg[n] = slot(op.code != OP_OPEN && !(op.code == OP_DUP && n));
			break;
		case 'o':
			op.arg[n] = there[op.arg[n - 1]] == DIRECTORY && !one_in(4) ? O_RDONLY | O_DIRECTORY | O_NONBLOCK : open_mode();
			break;
		case 'r':
			op.arg[n] = one_in(4) ? 1 + below(3) : 0;
			break;
		case 't':
			/* A descriptor of fanotify's that is opened for a FIFO waits for the other end. */
			op.arg[n] = one_in(8) && !asking ? S_IFIFO : PICK(types);
			break;
		case 'a':
			op.arg[n] = below(2);
			break;
		case 'n':
			op.arg[n] = tree_number(op.code, n);
		}
	script_append(drawn, &op);
	follow(&op);
}

/* What happens to a file with two names. */
static void draw_link(void)
{
	static const char *const ops[] = {
		"mknod " LINKED " S_IFREG", "link " LINKED " " OTHER, "link " LINKED " " OTHER, "link " OTHER " " LINKED,
		"unlink " LINKED, "unlink " OTHER, "chmod " LINKED " 0700", "chmod " OTHER " 0755", "truncate " OTHER " 5",
		"utimes " LINKED, "rename " LINKED " " OTHER " 0", "link m m/b", "link n/a m/b",
	};

	say(PICK(ops));
}

static void plant(void)
{
	static const char *const setup[] = {
		"mkdir m/d 0755", "mkdir m/e 0755", "mkdir m/d/s 0755", "mknod m/a S_IFREG", "mknod m/d/a S_IFREG", "mknod m/e/a S_IFREG",
		"symlink d m/l", "mknod n/a S_IFREG", "open f3 " PROGRAM " O_CREAT|O_WRONLY", "write f3 100", "close f3",
	};

	for (size_t i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		say(setup[i]);
}

/* A filesystem goes, and a new one comes. */
static void remount(void)
{
	if (one_in(4)) {
		say("umount n 0");
		say("mount n");
	} else {
		say(one_in(2) ? "umount m 0" : "umount m MNT_DETACH");
		say("mount m");
	}
	memset(there, 0, sizeof(there));
	there[at("m")] = there[at("n")] = DIRECTORY;
	plant();
}

/* What a mark is put on. */
static long watched(void)
{
	return one_in(16) ? at(LINKED) : path();
}

/* ---- inotify ---- */

static void add_watch(void)
{
	long mask = one_in(2) ? IN_ALL_EVENTS : some(IN_ALL_EVENTS);

	if (one_in(6))
		mask |= some((long)(IN_ONESHOT | IN_EXCL_UNLINK | IN_ONLYDIR | IN_DONT_FOLLOW | IN_MASK_ADD | 0x10000000));
	if (one_in(5))
		mask |= IN_EXCL_UNLINK;
	script_append(drawn, &(struct op){ .code = OP_ADD, .arg = { below(2), watched(), mask } });
}

static void inotify_call(void)
{
	switch (below(14)) {
	case 0:
		script_append(drawn, &(struct op){ .code = OP_RM, .arg = { below(2), 1 + below(8) } });
		break;
	case 1:
		script_append(drawn, &(struct op){ .code = OP_TAKE, .arg = { below(2), 16 + 16 * below(8) } });
		break;
	case 2:
		script_append(drawn, &(struct op){ .code = one_in(2) ? OP_POLL : OP_FIONREAD_, .arg = { below(2) } });
		break;
	case 3:
		script_append(drawn, &(struct op){ .code = OP_FDINFO, .arg = { below(2) } });
		break;
	case 4:
		if (one_in(4)) {
			script_append(drawn, &(struct op){ .code = OP_END, .arg = { 1 } });
			say("init i1 0");
			break;
		}
		/* fall through */
	default:
		add_watch();
	}
}

static void inotify_begin(void)
{
	say("init i0 0");
	say("init i1 0");
	say("add i0 m IN_ALL_EVENTS");
	for (int i = 0; i < 5; i++)
		add_watch();
}

/* ---- dnotify ---- */

static void dnotify_call(void)
{
	static const long signals[] = { 0, 34, 35, 36 };
	long slot = 4 + below(4);

	switch (below(8)) {
	case 0:
		script_append(drawn, &(struct op){ .code = OP_OPEN, .arg = { slot, path_of(DIRECTORY),
			O_RDONLY | O_NONBLOCK | O_DIRECTORY } });
		break;
	case 1:
		script_append(drawn, &(struct op){ .code = OP_CLOSE, .arg = { slot } });
		break;
	case 2:
		script_append(drawn, &(struct op){ .code = OP_SETSIG, .arg = { slot, PICK(signals) } });
		break;
	case 3:
		script_append(drawn, &(struct op){ .code = OP_SETOWN, .arg = { slot, one_in(4) ? 0 : 1 } });
		break;
	default:
		script_append(drawn, &(struct op){ .code = OP_NOTIFY, .arg = { one_in(8) ? below(FILES) : slot,
			one_in(8) ? 0 : (one_in(2) ? 0x3f : some(0x3f)) | (one_in(3) ? 0 : 0x80000000L) } });
	}
}

static void dnotify_begin(void)
{
	static const char *const setup[] = {
		"open f4 m O_DIRECTORY", "open f5 m/d O_DIRECTORY", "open f6 m/e O_DIRECTORY", "open f7 m/d O_DIRECTORY",
		"setsig f4 RT0", "setsig f5 RT1", "setsig f7 RT2",
	};

	for (size_t i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		say(setup[i]);
	for (int i = 0; i < 6; i++)
		dnotify_call();
}

/* ---- fanotify ---- */

#define FAN_EVENTS	0xfffL	/* all that need no answer, without FAN_OPEN_EXEC */

/*
 * What each instance is. Only the first asks for answers: two of one class are called in the order of their addresses. It
 * does not open for writing what it is asked about, which would race with execution.
 */
static const char *fanotify_kinds[][4] = {
	{ "fan-init i0 FAN_CLASS_CONTENT O_RDONLY", "fan-init i0 FAN_CLASS_PRE_CONTENT|FAN_REPORT_TID O_RDONLY",
	  "fan-init i0 FAN_CLASS_NOTIF O_RDONLY", "fan-init i0 FAN_CLASS_CONTENT|FAN_REPORT_PIDFD O_RDONLY" },
	{ "fan-init i1 FAN_REPORT_FID O_RDONLY", "fan-init i1 FAN_REPORT_FID|FAN_REPORT_DIR_FID O_RDONLY",
	  "fan-init i1 FAN_REPORT_FID|FAN_REPORT_PIDFD O_RDONLY", "fan-init i1 FAN_REPORT_DIR_FID O_RDONLY" },
	{ "fan-init i2 FAN_REPORT_DIR_FID|FAN_REPORT_NAME O_RDONLY",
	  "fan-init i2 FAN_REPORT_FID|FAN_REPORT_DIR_FID|FAN_REPORT_NAME O_RDONLY",
	  "fan-init i2 FAN_REPORT_FID|FAN_REPORT_DIR_FID|FAN_REPORT_NAME|FAN_REPORT_TARGET_FID O_RDONLY",
	  "fan-init i2 FAN_REPORT_DIR_FID|FAN_REPORT_NAME|FAN_REPORT_TID|FAN_UNLIMITED_QUEUE O_RDONLY" },
};

static void add_mark(long instance)
{
	static const long kinds[] = { 0, 0, 0, 0, 0x10, 0x100, 0x100 };
	long flags = PICK(kinds) | (one_in(6) ? 2 : 1), mask;

	mask = one_in(2) ? FAN_EVENTS : some(FAN_EVENTS | 0x1000);
	/* By path only some events can be had, and the others make the call fail. */
	if (instance == 0 && !one_in(16))
		mask &= 0x103b;
	else if ((flags & 0x10) && !one_in(16))
		mask &= 0x103b;
	if (instance == 2 && !(flags & 0x10) && one_in(3))
		mask |= 0x10000000;
	if (one_in(2))
		mask |= 0x40000000;
	if (one_in(2))
		mask |= 0x08000000;
	if (one_in(4))
		flags |= one_in(2) ? 0x20 : 0x400;
	if ((flags & 0x420) && !one_in(3))
		flags |= 0x40;
	if (one_in(10))
		flags |= some(0x20c);
	script_append(drawn, &(struct op){ .code = OP_FAN_MARK, .arg = { instance, flags, mask, watched() } });
}

static void fanotify_call(void)
{
	static const long responses[] = { 1, 1, 2, 2, 0x11, 0x12, 0 };

	switch (below(14)) {
	case 0:
		script_append(drawn, &(struct op){ .code = OP_ANSWER, .arg = { 0, PICK(responses) } });
		break;
	case 1:
		script_append(drawn, &(struct op){ .code = OP_POLL, .arg = { below(3) } });
		break;
	case 2:
		script_append(drawn, &(struct op){ .code = OP_FDINFO, .arg = { below(3) } });
		break;
	case 3:
		script_append(drawn, &(struct op){ .code = OP_TAKE, .arg = { 1 + below(2), 24 + 8 * below(24) } });
		break;
	case 4:
		if (one_in(3))
			script_append(drawn, &(struct op){ .code = OP_FAN_MARK, .arg = { below(3), 0x80 | (one_in(2) ? 0 :
				one_in(2) ? 0x10 : 0x100), 0, path() } });
		break;
	default:
		add_mark(below(3));
	}
}

static void fanotify_begin(void)
{
	for (int i = 0; i < 3; i++)
		say(fanotify_kinds[i][below(4)]);
	/* Whoever asks for answers does so before anything is opened: what comes later counts for open files in some kernels only. */
	if (one_in(2)) {
		long mask = 0x70000 & (one_in(2) ? -1 : (long)next());

		script_append(drawn, &(struct op){ .code = OP_FAN_MARK, .arg = { 0, 1 | (one_in(2) ? 0x10 : 0x100),
			(mask ? mask : 0x10000) | (one_in(2) ? 0x40000000 : 0), at("m") } });
	}
	for (int i = 0; i < 6; i++)
		add_mark(i % 3);
}

/* ---- a sequence ---- */

static const struct {
	const char *name;
	void (*begin)(void), (*call)(void);
	int instances;
} backends[] = {
	{ "inotify", inotify_begin, inotify_call, 2 },
	{ "dnotify", dnotify_begin, dnotify_call, 0 },
	{ "fanotify", fanotify_begin, fanotify_call, 3 },
};

bool script_draw(struct script *script, const char *backend, unsigned long seed, unsigned long calls)
{
	unsigned long between;
	size_t kind = 0;

	while (kind < sizeof(backends) / sizeof(backends[0]) && strcmp(backends[kind].name, backend) != 0)
		kind++;
	if (kind == sizeof(backends) / sizeof(backends[0]))
		return false;
	state = seed * 0x2545f4914f6cdd1d + kind;
	drawn = script;
	asking = strcmp(backend, "fanotify") == 0;
	slots = strcmp(backend, "dnotify") == 0 ? 3 : FILES;
	memset(is_open, 0, sizeof(is_open));
	memset(there, 0, sizeof(there));
	there[at("m")] = there[at("n")] = DIRECTORY;
	between = one_in(3) ? 1 : one_in(2) ? 8 : calls;
	plant();
	backends[kind].begin();
	for (unsigned long i = 0; i < calls; i++) {
		if (one_in(5))
			backends[kind].call();
		else if (one_in(100))
			remount();
		else if (one_in(15))
			draw_link();
		else
			draw_tree();
		if (i % between == between - 1)
			for (int instance = 0; instance < backends[kind].instances; instance++)
				script_append(drawn, &(struct op){ .code = OP_DRAIN, .arg = { instance } });
	}
	return true;
}
