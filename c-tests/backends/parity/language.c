// SPDX-License-Identifier: GPL-2.0-or-later
#include "language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct op_form op_forms[OP_CODES] = {
#define OP_FORM(code, name, args) [OP_##code] = { name, args },
	OPS(OP_FORM)
#undef OP_FORM
};

/* Both m and n are mount points; names of every length that rounding makes a difference for. */
#define NAME_64 "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffgggggggghhhhhhhh"
const char *const op_paths[] = {
	"m", "m/a", "m/b", "m/d", "m/d/a", "m/d/b", "m/d/s", "m/d/s/a", "m/e", "m/e/a", "m/e/b", "m/e/t", "m/l", "m/d/l",
	"n", "n/a", "n/d", "n/d/a",
	"m/d/fifteen-letters", "m/d/sixteen-letters!", "m/d/thirty-one-letters-in-this-name", "m/d/" NAME_64,
	"m/d/" NAME_64 NAME_64 NAME_64 "-and-to-the-limit-that-Linux-has-for-the-length-of-a-name......",
	"m/d/" NAME_64 NAME_64 NAME_64 NAME_64, "m/d/.", "m/d/..", "m/a/x", "none", "a", "s/a", "../a", "d", "..",
};
const size_t n_op_paths = sizeof(op_paths) / sizeof(op_paths[0]);

int op_path(const char *name, size_t len)
{
	for (size_t i = 0; i < n_op_paths; i++)
		if (strlen(op_paths[i]) == len && memcmp(op_paths[i], name, len) == 0)
			return (int)i;
	return -1;
}

static bool parse_slot(char kind, const char *word, size_t len, long *value)
{
	*value = len == 2 && word[0] == kind ? word[1] - '0' : -1;
	return *value >= 0 && *value < (kind == 'f' ? FILES : INSTANCES);
}

static bool parse_arg(char kind, const char *word, size_t len, long *value)
{
	unsigned long flags;
	char *end;

	switch (kind) {
	case 'p':
		*value = op_path(word, len);
		return *value >= 0;
	case 'f':
	case 'i':
		return parse_slot(kind, word, len, value);
	case 'n':
		*value = strtol(word, &end, 0);
		return len && end == word + len;
	}
	if (!flags_parse(kind, word, len, &flags))
		return false;
	*value = (long)flags;
	return true;
}

bool op_parse(const char *line, struct op *op, char *why, size_t size)
{
	size_t len = strcspn(line, " ");
	const char *word = line + len;
	int n = 0;

	memset(op, 0, sizeof(*op));
	while (op->code < OP_CODES && !(strncmp(op_forms[op->code].name, line, len) == 0 && !op_forms[op->code].name[len]))
		op->code++;
	if (op->code == OP_CODES) {
		snprintf(why, size, "no operation %.*s", (int)len, line);
		return false;
	}
	for (const char *kind = op_forms[op->code].args; *kind; kind++, n++) {
		word += strspn(word, " ");
		len = strcspn(word, " ");
		if (!len || !parse_arg(*kind, word, len, &op->arg[n])) {
			snprintf(why, size, "argument %d of %s must be of kind %c, not \"%.*s\"", n + 1, op_forms[op->code].name, *kind,
				 (int)len, word);
			return false;
		}
		word += len;
	}
	if (word[strspn(word, " ")]) {
		snprintf(why, size, "too many arguments for %s", op_forms[op->code].name);
		return false;
	}
	return true;
}

void op_print(const struct op *op, char *line, size_t size)
{
	const struct op_form *form = &op_forms[op->code];
	size_t len = (size_t)snprintf(line, size, "%s", form->name);

	for (int i = 0; form->args[i]; i++) {
		char text[OP_LINE] = "";
		char kind = form->args[i];

		switch (kind) {
		case 'p':
			snprintf(text, sizeof(text), "%s", op_paths[op->arg[i]]);
			break;
		case 'f':
		case 'i':
			snprintf(text, sizeof(text), "%c%ld", kind, op->arg[i]);
			break;
		case 'n':
			snprintf(text, sizeof(text), "%ld", op->arg[i]);
			break;
		default:
			flags_print(kind, (unsigned long)op->arg[i], text, sizeof(text));
		}
		len += (size_t)snprintf(line + len, size - len, " %s", text);
	}
}
