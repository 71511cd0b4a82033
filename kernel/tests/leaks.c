/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kmemleak finds after everything else: nothing. */
#include "tests.h"

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

static int unreferenced(void)
{
	char line[512];
	FILE *file = fopen(KMEMLEAK, "re");
	int n = 0;

	must(file, KMEMLEAK);
	while (fgets(line, sizeof(line), file)) {
		n += !strncmp(line, "unreferenced object", 19);
		line[strcspn(line, "\n")] = '\0';
		if (n && n < 4)
			note("%s", line);
	}
	fclose(file);
	return n;
}

void test_leaks(void)
{
	if (access(KMEMLEAK, F_OK)) {
		note("no kmemleak in this kernel");
		return;
	}
	check(set_value(KMEMLEAK, "scan"), "kmemleak looks");
	/* It tells of objects that are five seconds old and were found twice. */
	sleep(6);
	must(set_value(KMEMLEAK, "scan") && set_value(KMEMLEAK, "scan"), KMEMLEAK);
	check(unreferenced() == 0, "and finds nothing");
}
