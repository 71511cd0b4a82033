// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carries operations out, one a line of the standard input, and prints the transcript. Linked once with each world.
 *
 * Ends with 0, with 77 if this machine cannot have that world, with 2 if the input is not in the language.
 */
#define _GNU_SOURCE
#include "instance.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Seconds that a run may take before a signal ends it. */
#define PATIENCE	30

void operate(const struct op *op)
{
	const char *args = op_forms[op->code].args;
	char text[OP_LINE];
	long result = -ENOSYS;

	op_print(op, text, sizeof(text));
	printf("%s\n", text);
	if (!fanotify_answering(op, &result) && !tree_operation(op, &result) && !instance_operation(op, &result) &&
	    !inotify_operation(op, &result) && !dnotify_operation(op, &result))
		fanotify_operation(op, &result);
	for (int i = 0; args[i]; i++)
		if (args[i] == 'p')
			object_see(op_paths[op->arg[i]]);
	line("= %s", result_name(result));
	signals_taken();
	fflush(stdout);
}

/* Everything that is still there is read, then closed, descriptors before instances. */
static void end(void)
{
	printf("end\n");
	for (int i = 0; i < INSTANCES; i++)
		if (instances[i] >= 0)
			instance_drain(i);
	for (int i = 0; i < FILES; i++)
		if (files[i] >= 0)
			operate(&(struct op){ .code = OP_CLOSE, .arg = { i } });
	for (int i = 0; i < INSTANCES; i++)
		if (instances[i] >= 0) {
			operate(&(struct op){ .code = OP_DRAIN, .arg = { i } });
			operate(&(struct op){ .code = OP_END, .arg = { i } });
		}
	printf("done\n");
}

int main(void)
{
	char text[2 * OP_LINE], why[OP_LINE];

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	alarm(PATIENCE);
	umask(0);
	memset(files, -1, sizeof(files));
	memset(instances, -1, sizeof(instances));
	/* The error says it. */
	signal(SIGPIPE, SIG_IGN);
	signals_begin();
	if (!world.begin(why, sizeof(why))) {
		printf("%s\n", why);
		return 77;
	}
	world.describe(text, sizeof(text));
	printf("# %s\n", text);
	object_see("m");
	object_see("n");
	while (fgets(text, sizeof(text), stdin)) {
		struct op op;

		text[strcspn(text, "\n")] = 0;
		if (!text[0] || text[0] == '#')
			continue;
		if (!op_parse(text, &op, why, sizeof(why))) {
			fprintf(stderr, "%s: %s\n", text, why);
			return 2;
		}
		operate(&op);
	}
	end();
	return 0;
}
