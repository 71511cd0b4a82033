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
#include <string.h>

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

/* Compares two integers, and shows them if they differ. */
#define is(got, want, ...) __extension__ ({							\
	long long tap_got = (long long)(got), tap_want = (long long)(want);			\
												\
	if (!tap_ok(tap_got == tap_want, __FILE__, __LINE__, __VA_ARGS__))			\
		printf("# got %lld (0x%llx), want %lld (0x%llx)\n", tap_got, tap_got, tap_want, tap_want);	\
})

/* The same for two pointers, and for two strings. */
#define is_ptr(got, want, ...) __extension__ ({							\
	const void *tap_got = (got), *tap_want = (want);					\
												\
	if (!tap_ok(tap_got == tap_want, __FILE__, __LINE__, __VA_ARGS__))			\
		printf("# got %p, want %p\n", tap_got, tap_want);				\
})
#define is_str(got, want, ...) __extension__ ({							\
	const char *tap_got = (got), *tap_want = (want);					\
												\
	if (!tap_ok(strcmp(tap_got, tap_want) == 0, __FILE__, __LINE__, __VA_ARGS__))		\
		printf("# got \"%s\", want \"%s\"\n", tap_got, tap_want);			\
})

__attribute__((__unused__))
static int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif /* TAP_H */
