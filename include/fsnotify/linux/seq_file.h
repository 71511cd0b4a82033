/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SEQ_FILE_H
#define _FSN_LINUX_SEQ_FILE_H

#include <stdarg.h>
#include "../fsn/seq_file.h"
#include <linux/bug.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/types.h>

#define SEQ_SKIP 1
#define SEQ_START_TOKEN ((void *)1)
#define seq_printf(m, ...) fsn_seq_printf(m, __VA_ARGS__)

static inline bool seq_has_overflowed(struct seq_file *m)
{
	return fsn_seq_has_overflowed(m);
}

static inline __printf(2, 0) void seq_vprintf(struct seq_file *m, const char *format, va_list args)
{
	fsn_seq_vprintf(m, format, args);
}

static inline void seq_putc(struct seq_file *m, char c)
{
	fsn_seq_putc(m, c);
}

static inline void seq_puts(struct seq_file *m, const char *text)
{
	fsn_seq_puts(m, text);
}

static inline int seq_write(struct seq_file *m, const void *data, size_t length)
{
	return fsn_seq_write(m, data, length);
}

static inline void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long number)
{
	fsn_seq_put_decimal_ull(m, delimiter, number);
}

static inline void seq_put_decimal_ll(struct seq_file *m, const char *delimiter, long long number)
{
	fsn_seq_put_decimal_ll(m, delimiter, number);
}

static inline void seq_put_hex_ll(struct seq_file *m, const char *delimiter, unsigned long long number,
				unsigned int width)
{
	fsn_seq_put_hex_ll(m, delimiter, number, width);
}

static inline void seq_setwidth(struct seq_file *m, size_t width)
{
	fsn_seq_setwidth(m, width);
}

static inline void seq_pad(struct seq_file *m, char c)
{
	fsn_seq_pad(m, c);
}

static inline void seq_escape(struct seq_file *m, const char *text, const char *special)
{
	fsn_seq_escape(m, text, special);
}

#endif /* _FSN_LINUX_SEQ_FILE_H */
