/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for the C tests: ok() for each assertion, done_testing() as main's result. Any thread may call ok(); a line is written
 * at once, so that what was tested before a crash is seen.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failed;

__attribute__((__format__(__printf__, 4, 5), __unused__))
static bool tap_ok(bool good, const char *file, int line, const char *format, ...)
{
	char text[256];
	va_list args;
	int number;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	number = __atomic_add_fetch(&tap_count, 1, __ATOMIC_SEQ_CST);
	if (!good)
		__atomic_fetch_add(&tap_failed, 1, __ATOMIC_SEQ_CST);
	printf("%s %d - %s\n", good ? "ok" : "not ok", number, text);
	if (!good)
		printf("# %s:%d\n", file, line);
	fflush(stdout);
	return good;
}

#define ok(good, ...) tap_ok((good), __FILE__, __LINE__, __VA_ARGS__)

__attribute__((__unused__))
static int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif /* TAP_H */
