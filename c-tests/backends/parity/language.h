/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The language of operations: an operation is a code and a few integers, and one line of text: its name, then its
 * arguments. Both the scenarios and the random sequences are written in it.
 */
#ifndef PARITY_LANGUAGE_H
#define PARITY_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

#define OP_ARGS		5
#define OP_LINE		1024	/* the longest line, its end included */
#define INSTANCES	4
#define FILES		8

/*
 * Name and kinds of the arguments:
 *	p path		f slot of an open file		i slot of an inotify or fanotify instance
 *	n number	o flags of open()		r of renameat2()	u of umount2()
 *	t type for mknod()				a mode of fallocate()
 *	I inotify mask	J flags of inotify_init1()	D dnotify mask		S signal
 *	F fanotify mask	G flags of fanotify_init()	K of fanotify_mark()	R response
 */
#define OPS(X) \
	/* the tree */ \
	X(MKDIR, "mkdir", "pn") X(RMDIR, "rmdir", "p") X(MKNOD, "mknod", "pt") X(SYMLINK, "symlink", "pp") \
	X(LINK, "link", "pp") X(UNLINK, "unlink", "p") X(RENAME, "rename", "ppr") X(CHMOD, "chmod", "pn") \
	X(CHOWN, "chown", "pn") X(UTIMES, "utimes", "p") X(UTIMES_ONE, "utimes-one", "pn") \
	X(TRUNCATE, "truncate", "pn") \
	X(SETXATTR, "setxattr", "pn") X(REMOVEXATTR, "removexattr", "p") X(EXEC, "exec", "p") X(READLINK, "readlink", "p") \
	X(STAT, "stat", "p") X(FILL, "fill", "pn") \
	/* open files */ \
	X(OPEN, "open", "fpo") X(CLOSE, "close", "f") X(DUP, "dup", "ff") X(READ, "read", "fn") X(WRITE, "write", "fn") \
	X(PREAD, "pread", "fn") X(PWRITE, "pwrite", "fnn") X(SEEK, "seek", "fn") X(FTRUNCATE, "ftruncate", "fn") \
	X(FALLOCATE, "fallocate", "fann") X(FCHMOD, "fchmod", "fn") X(READDIR, "readdir", "f") \
	X(FLOOD, "flood", "fn") \
	/* mounts */ \
	X(MOUNT, "mount", "p") X(BIND, "bind", "pp") X(UMOUNT, "umount", "pu") \
	/* inotify and fanotify instances */ \
	X(DRAIN, "drain", "i") X(TALLY, "tally", "i") X(TAKE, "take", "in") X(POLL, "poll", "i") X(FIONREAD_, "fionread", "i") \
	X(END, "end", "i") X(ASYNC, "async", "iS") X(FDINFO, "fdinfo", "i") \
	/* inotify */ \
	X(INIT, "init", "iJ") X(ADD, "add", "ipI") X(RM, "rm", "in") \
	/* dnotify */ \
	X(NOTIFY, "notify", "fD") X(SETSIG, "setsig", "fS") X(SETOWN, "setown", "fn") \
	/* fanotify */ \
	X(FAN_INIT, "fan-init", "iGo") X(FAN_MARK, "fan-mark", "iKFp") X(FAN_MARK_FILE, "fan-mark-file", "iKFf") \
	X(ANSWER, "answer", "iR")

enum op_code {
#define OP_CODE(code, name, args) OP_##code,
	OPS(OP_CODE)
#undef OP_CODE
	OP_CODES
};

struct op {
	enum op_code code;
	long arg[OP_ARGS];
};

struct op_form {
	const char *name, *args;
};
extern const struct op_form op_forms[OP_CODES];

/* The paths that a 'p' can name; they are relative to the directory in which the filesystems are mounted. */
extern const char *const op_paths[];
extern const size_t n_op_paths;
int op_path(const char *name, size_t len);

/* Reads one line, without its newline; false, and why, if it is none. Empty lines and comments are not lines of it. */
bool op_parse(const char *line, struct op *op, char *why, size_t size);
void op_print(const struct op *op, char *line, size_t size);

/* Flags of a kind as text and back: names joined by '|', numbers for what has no name. */
void flags_print(char kind, unsigned long value, char *text, size_t size);
bool flags_parse(char kind, const char *text, size_t len, unsigned long *value);

#endif /* PARITY_LANGUAGE_H */
