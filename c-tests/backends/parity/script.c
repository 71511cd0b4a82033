// SPDX-License-Identifier: GPL-2.0-or-later
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must(void *memory)
{
	if (memory)
		return memory;
	perror("parity");
	exit(2);
}

void script_append(struct script *script, const struct op *op)
{
	if (script->len == script->room) {
		script->room = script->room ? 2 * script->room : 32;
		script->ops = must(realloc(script->ops, script->room * sizeof(*op)));
	}
	script->ops[script->len++] = *op;
}

static struct script *begin(struct scripts *all, const char *name)
{
	struct script *script;

	if (all->len == all->room) {
		all->room = all->room ? 2 * all->room : 32;
		all->script = must(realloc(all->script, all->room * sizeof(*script)));
	}
	script = &all->script[all->len++];
	memset(script, 0, sizeof(*script));
	script->name = must(strdup(name));
	return script;
}

struct scripts scripts_read(const char *file)
{
	struct scripts all = { .len = 0 };
	char text[2 * OP_LINE], why[OP_LINE];
	FILE *in = must(fopen(file, "r"));
	int number = 0;

	while (fgets(text, sizeof(text), in)) {
		struct op op;

		number++;
		text[strcspn(text, "\n")] = 0;
		if (!text[0] || text[0] == '#')
			continue;
		if (strncmp(text, "scenario ", 9) == 0) {
			begin(&all, text + 9);
		} else if (all.len && op_parse(text, &op, why, sizeof(why))) {
			script_append(&all.script[all.len - 1], &op);
		} else {
			fprintf(stderr, "%s:%d: %s\n", file, number, all.len ? why : "no scenario has begun");
			exit(2);
		}
	}
	fclose(in);
	return all;
}

void scripts_free(struct scripts *all)
{
	for (size_t i = 0; i < all->len; i++) {
		free(all->script[i].name);
		free(all->script[i].ops);
	}
	free(all->script);
	*all = (struct scripts){ .len = 0 };
}
