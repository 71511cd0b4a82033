/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run prints, in words that are the same in every world: objects by the path at which they were first seen, cookies,
 * filesystems and descriptors by numbers in the order of their appearance.
 */
#ifndef PARITY_TRANSCRIPT_H
#define PARITY_TRANSCRIPT_H

#include "language.h"
#include "world.h"

/* One line of the transcript, indented below its operation's. */
__attribute__((__format__(__printf__, 1, 2)))
void line(const char *format, ...);

/* An error as its name, anything else as a number. */
const char *result_name(long value);

/* The number of a rename's cookie; 0 for none. */
unsigned int cookie_number(unsigned int cookie);

/* Objects. Their names stay valid. */
void object_see(const char *path);
const char *object_by_file(int fd);
const char *object_by_inode(unsigned int dev, unsigned long ino);
const char *object_by_handle(const int fsid[2], const struct handle *handle);

/* The descriptors in the slots, -1 where there is none. */
extern int files[FILES];
extern int instances[INSTANCES];
const char *slot_by_file(int fd);

/* Carries one operation out and prints what it returns and what follows. */
void operate(const struct op *op);

/* The operations of each part; true if the operation was one of it, with its result. */
bool tree_operation(const struct op *op, long *result);
bool inotify_operation(const struct op *op, long *result);
bool dnotify_operation(const struct op *op, long *result);
bool fanotify_operation(const struct op *op, long *result);

/* Prints the events in a buffer that was read from an instance. */
void inotify_events(const char *buf, long len);
void fanotify_events(int instance, const char *buf, long len);
bool is_fanotify(int instance);
/* The length of one event, and its mask. */
long inotify_mask(const char *buf, unsigned long *mask);
long fanotify_mask(const char *buf, unsigned long *mask);
/* Carries an operation out in another thread and answers permission events meanwhile; false if nothing asks for that. */
bool fanotify_answering(const struct op *op, long *result);
/* The length of an event without its information records; with them it is @len. */
long fanotify_head(const char *buf, long *len);
/* The instance in a slot is closed. */
void fanotify_ended(int instance);

/* Prints the signals that have come. */
void signals_begin(void);
void signals_taken(void);

#endif /* PARITY_TRANSCRIPT_H */
