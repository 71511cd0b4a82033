/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of any length, written piece by piece to a buffer. What does not fit makes the buffer count as full
 * (fsn_seq_has_overflowed()); fsn_seq_show(), declared in abi.h, then has it written again to a larger one. Formats are printf()'s.
 */
#ifndef FSN_SEQ_FILE_H
#define FSN_SEQ_FILE_H

#include <stdarg.h>
#include "types.h"

FSN_BEGIN_DECLS

static inline bool fsn_seq_has_overflowed(struct seq_file *m)
{
	return m->count == m->size;
}

static inline void fsn_seq_set_overflow(struct seq_file *m)
{
	m->count = m->size;
}

/* 0, or -1 if the bytes did not fit: then none is written. */
static inline int fsn_seq_write(struct seq_file *m, const void *data, size_t length)
{
	if (m->count + length >= m->size) {
		fsn_seq_set_overflow(m);
		return -1;
	}
	__builtin_memcpy(m->buf + m->count, data, length);
	m->count += length;
	return 0;
}

static inline void fsn_seq_putc(struct seq_file *m, char c)
{
	if (m->count < m->size)
		m->buf[m->count++] = c;
}

static inline void fsn_seq_puts(struct seq_file *m, const char *text)
{
	fsn_seq_write(m, text, __builtin_strlen(text));
}

static inline FSN_PRINTF(2, 0) void fsn_seq_vprintf(struct seq_file *m, const char *format, va_list args)
{
	int length;

	if (m->count < m->size) {
		length = __builtin_vsnprintf(m->buf + m->count, m->size - m->count, format, args);
		if (length >= 0 && m->count + (size_t)length < m->size) {
			m->count += (size_t)length;
			return;
		}
	}
	fsn_seq_set_overflow(m);
}

static inline FSN_PRINTF(2, 3) void fsn_seq_printf(struct seq_file *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fsn_seq_vprintf(m, format, args);
	va_end(args);
}

/* A number behind @delimiter, which may be NULL. */
static inline void fsn_seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long number)
{
	fsn_seq_printf(m, "%s%llu", delimiter ? delimiter : "", number);
}

static inline void fsn_seq_put_decimal_ll(struct seq_file *m, const char *delimiter, long long number)
{
	fsn_seq_printf(m, "%s%lld", delimiter ? delimiter : "", number);
}

/* In hexadecimal digits, @width of them at least. */
static inline void fsn_seq_put_hex_ll(struct seq_file *m, const char *delimiter, unsigned long long number,
				      unsigned int width)
{
	fsn_seq_printf(m, "%s%0*llx", delimiter ? delimiter : "", (int)width, number);
}

/* What is written from here on is filled up with blanks to @width bytes by fsn_seq_pad(). */
static inline void fsn_seq_setwidth(struct seq_file *m, size_t width)
{
	m->pad_until = m->count + width;
}

/* Fills up with blanks, then adds @c unless it is 0. */
static inline void fsn_seq_pad(struct seq_file *m, char c)
{
	if (m->pad_until > m->count) {
		if (m->pad_until >= m->size) {
			fsn_seq_set_overflow(m);
			return;
		}
		__builtin_memset(m->buf + m->count, ' ', m->pad_until - m->count);
		m->count = m->pad_until;
	}
	if (c)
		fsn_seq_putc(m, c);
}

/* A text with the characters in @special, and the backslash if it is one, as octal numbers. */
static inline void fsn_seq_escape(struct seq_file *m, const char *text, const char *special)
{
	for (; *text; text++) {
		if (__builtin_strchr(special, *text))
			fsn_seq_printf(m, "\\%03o", (unsigned int)(unsigned char)*text);
		else
			fsn_seq_putc(m, *text);
	}
}

FSN_END_DECLS

#endif /* FSN_SEQ_FILE_H */
