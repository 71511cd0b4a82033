/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transcripts, line by line, and the table of differences that are allowed between them.
 */
#ifndef PARITY_DIFFERENCES_H
#define PARITY_DIFFERENCES_H

#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct transcript {
	char *text, **lines;
	size_t len;
	int status;
};

/* The transcript becomes the owner of the text. */
void transcript_take(struct transcript *transcript, char *text, int status);

/* Where two transcripts begin to differ, and in which operation. */
struct difference {
	size_t at[2];
	const char *operation;
};

bool transcripts_differ(const struct transcript *kernel, const struct transcript *library, struct difference *difference);

/* An entry of the table that applies to this backend and kernel. A line that is not there has no pattern. */
struct allowed {
	regex_t operation, kernel, library;
	bool has_kernel, has_library, needed;
	char *cause;
};
extern struct allowed *allowed;
extern size_t n_allowed;

/* Ends the program with 2, and why, if the table cannot be read. */
void differences_read(const char *file, const char *backend, const char *release);

#endif /* PARITY_DIFFERENCES_H */
