/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sequences of operations: written down in a file of scenarios, or drawn at random.
 */
#ifndef PARITY_SCRIPT_H
#define PARITY_SCRIPT_H

#include "language.h"

struct script {
	char *name;
	struct op *ops;
	size_t len, room;
};

struct scripts {
	struct script *script;
	size_t len, room;
};

void script_append(struct script *script, const struct op *op);

/*
 * Reads a file of scenarios: "scenario NAME", then its operations, a line each. Ends the program with 2, and why, if the file
 * cannot be read.
 */
struct scripts scripts_read(const char *file);
void scripts_free(struct scripts *all);

/* Draws about @calls operations for a backend; the same for the same seed. False if there is no such backend. */
bool script_draw(struct script *script, const char *backend, unsigned long seed, unsigned long calls);

/* malloc() and the like, or the end of the program. */
void *must(void *memory);

#endif /* PARITY_SCRIPT_H */
