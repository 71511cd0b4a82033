/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transcript of a random sequence, and the draws that it is made of. A line stays in a buffer of our own until it is
 * written, so that a crash or a hang loses nothing of it.
 */
#ifndef ORACLE_TRANSCRIPT_H
#define ORACLE_TRANSCRIPT_H

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char script[1 << 16];
static size_t script_len;

static void script_flush(void)
{
	size_t done = 0;

	while (done < script_len) {
		ssize_t n = write(STDOUT_FILENO, script + done, script_len - done);

		if (n <= 0)
			_exit(4);
		done += (size_t)n;
	}
	script_len = 0;
}

__attribute__((__format__(__printf__, 1, 2)))
static void emit(const char *format, ...)
{
	va_list args;
	int len;

	if (sizeof(script) - script_len < 1024)
		script_flush();
	va_start(args, format);
	len = vsnprintf(script + script_len, 1024, format, args);
	va_end(args);
	script_len += len < 1024 ? (size_t)len : 1023;
}

static void script_fatal(int sig)
{
	script_flush();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void script_begin(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGALRM, SIGILL, SIGFPE };

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], script_fatal);
}

/* Each call draws from a sequence of its own, so that it stays what it is when calls before it are left out. */
static uint64_t draw_state;

static void draw_begin(uint64_t seed, uint64_t call)
{
	draw_state = seed * 0x9e3779b97f4a7c15u ^ (call + 1) * 0xd1342543de82ef95u;
}

static uint32_t draw(void)
{
	uint64_t z = draw_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) >> 16);
}

static unsigned int below(unsigned int n)
{
	return draw() % n;
}

static bool one_in(unsigned int n)
{
	return below(n) == 0;
}

#endif /* ORACLE_TRANSCRIPT_H */
