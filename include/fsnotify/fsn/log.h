/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages, warnings and assertions: one sink (fsn_set_log(), standard error by default), each message with the name of the
 * function that it comes from. Formats are printf()'s.
 */
#ifndef FSN_LOG_H
#define FSN_LOG_H

#include "types.h"

/* The longest message, its NUL included. */
#define FSN_LOG_MESSAGE_MAX 512

/* In front of a format these choose the level, as in the kernel; without one it is a warning. */
#define FSN_KERN_EMERG "\001" "0"
#define FSN_KERN_ALERT "\001" "1"
#define FSN_KERN_CRIT "\001" "2"
#define FSN_KERN_ERR "\001" "3"
#define FSN_KERN_WARNING "\001" "4"
#define FSN_KERN_NOTICE "\001" "5"
#define FSN_KERN_INFO "\001" "6"
#define FSN_KERN_DEBUG "\001" "7"
#define FSN_KERN_CONT "\001" "c"

FSN_BEGIN_DECLS

/* The level that the text itself carries, if any; @textp is moved past it. */
static inline int fsn_log_level(int level, const char **textp)
{
	const char *text = *textp;

	if (text[0] != '\001' || !text[1])
		return level;
	*textp = text + 2;
	return text[1] >= '0' && text[1] <= '7' ? text[1] - '0' : level;
}

static inline FSN_PRINTF(3, 4) void fsn_log_format(int level, const char *function, const char *format, ...)
{
	char text[FSN_LOG_MESSAGE_MAX];
	const char *message = text;
	__builtin_va_list args;

	__builtin_va_start(args, format);
	if (__builtin_vsnprintf(text, sizeof(text), format, args) < 0)
		message = format;
	__builtin_va_end(args);
	level = fsn_log_level(level, &message);
	fsn_log(level, function, message);
}

static inline bool fsn_warn_on(bool hit, const char *function, const char *what)
{
	if (fsn_unlikely(hit))
		fsn_log(FSN_LOG_WARNING, function, what);
	return hit;
}

/* True the first time. */
static inline bool fsn_first_time(bool *seen)
{
	return !__atomic_load_n(seen, __ATOMIC_RELAXED) && !__atomic_exchange_n(seen, true, __ATOMIC_RELAXED);
}

FSN_END_DECLS

#define FSN_STRINGIFY_(x) #x
#define FSN_STRINGIFY(x) FSN_STRINGIFY_(x)
#define FSN_HERE " at " __FILE__ ":" FSN_STRINGIFY(__LINE__)

#define fsn_printk(...) fsn_log_format(FSN_LOG_WARNING, __func__, __VA_ARGS__)
#define fsn_pr_emerg(...) fsn_log_format(FSN_LOG_EMERG, __func__, __VA_ARGS__)
#define fsn_pr_alert(...) fsn_log_format(FSN_LOG_ALERT, __func__, __VA_ARGS__)
#define fsn_pr_crit(...) fsn_log_format(FSN_LOG_CRIT, __func__, __VA_ARGS__)
#define fsn_pr_err(...) fsn_log_format(FSN_LOG_ERR, __func__, __VA_ARGS__)
#define fsn_pr_warn(...) fsn_log_format(FSN_LOG_WARNING, __func__, __VA_ARGS__)
#define fsn_pr_notice(...) fsn_log_format(FSN_LOG_NOTICE, __func__, __VA_ARGS__)
#define fsn_pr_info(...) fsn_log_format(FSN_LOG_INFO, __func__, __VA_ARGS__)

/* Checked by the compiler always, written only by files that define DEBUG. */
#ifdef DEBUG
#define fsn_pr_debug(...) fsn_log_format(FSN_LOG_DEBUG, __func__, __VA_ARGS__)
#else
#define fsn_pr_debug(...)							\
	do {									\
		if (0)								\
			fsn_log_format(FSN_LOG_DEBUG, __func__, __VA_ARGS__);	\
	} while (0)
#endif

#define FSN_LOG_ONCE(level, ...)						\
	do {									\
		static bool fsn_said;						\
										\
		if (fsn_first_time(&fsn_said))					\
			fsn_log_format((level), __func__, __VA_ARGS__);		\
	} while (0)

#define fsn_printk_once(...) FSN_LOG_ONCE(FSN_LOG_WARNING, __VA_ARGS__)
#define fsn_pr_err_once(...) FSN_LOG_ONCE(FSN_LOG_ERR, __VA_ARGS__)
#define fsn_pr_warn_once(...) FSN_LOG_ONCE(FSN_LOG_WARNING, __VA_ARGS__)
#define fsn_pr_notice_once(...) FSN_LOG_ONCE(FSN_LOG_NOTICE, __VA_ARGS__)
#define fsn_pr_info_once(...) FSN_LOG_ONCE(FSN_LOG_INFO, __VA_ARGS__)

/* Ten in five seconds for each place in the source. */
#define FSN_LOG_RATELIMITED(level, ...)						\
	do {									\
		static struct fsn_ratelimit_state fsn_limit;			\
										\
		if (fsn_ratelimit(&fsn_limit, __func__))			\
			fsn_log_format((level), __func__, __VA_ARGS__);		\
	} while (0)

#define fsn_printk_ratelimited(...) FSN_LOG_RATELIMITED(FSN_LOG_WARNING, __VA_ARGS__)
#define fsn_pr_err_ratelimited(...) FSN_LOG_RATELIMITED(FSN_LOG_ERR, __VA_ARGS__)
#define fsn_pr_warn_ratelimited(...) FSN_LOG_RATELIMITED(FSN_LOG_WARNING, __VA_ARGS__)
#define fsn_pr_notice_ratelimited(...) FSN_LOG_RATELIMITED(FSN_LOG_NOTICE, __VA_ARGS__)
#define fsn_pr_info_ratelimited(...) FSN_LOG_RATELIMITED(FSN_LOG_INFO, __VA_ARGS__)

/* Warn if the condition holds; each is an expression with the condition's value. */
#define fsn_WARN_ON(condition) \
	fsn_warn_on(!!(condition), __func__, "WARN_ON(" #condition ")" FSN_HERE)

#define fsn_WARN_ON_ONCE(condition) __extension__				\
	({									\
		static bool fsn_said;						\
		const bool fsn_hit = !!(condition);				\
										\
		if (fsn_unlikely(fsn_hit) && fsn_first_time(&fsn_said))		\
			fsn_log(FSN_LOG_WARNING, __func__,			\
				"WARN_ON_ONCE(" #condition ")" FSN_HERE);	\
		fsn_hit;							\
	})

#define fsn_WARN(condition, ...) __extension__					\
	({									\
		const bool fsn_hit = !!(condition);				\
										\
		if (fsn_unlikely(fsn_hit))					\
			fsn_log_format(FSN_LOG_WARNING, __func__, __VA_ARGS__);	\
		fsn_hit;							\
	})

#define fsn_WARN_ONCE(condition, ...) __extension__				\
	({									\
		static bool fsn_said;						\
		const bool fsn_hit = !!(condition);				\
										\
		if (fsn_unlikely(fsn_hit) && fsn_first_time(&fsn_said))		\
			fsn_log_format(FSN_LOG_WARNING, __func__, __VA_ARGS__);	\
		fsn_hit;							\
	})

/* These write a message and abort. */
#define fsn_BUG()								\
	do {									\
		fsn_log_bug(__func__, "BUG()" FSN_HERE);			\
		__builtin_unreachable();					\
	} while (0)

#define fsn_BUG_ON(condition)							\
	do {									\
		if (fsn_unlikely(condition)) {					\
			fsn_log_bug(__func__, "BUG_ON(" #condition ")" FSN_HERE); \
			__builtin_unreachable();				\
		}								\
	} while (0)

#define fsn_panic(...)								\
	do {									\
		fsn_log_format(FSN_LOG_EMERG, __func__, __VA_ARGS__);		\
		fsn_log_bug(__func__, "panic()" FSN_HERE);			\
		__builtin_unreachable();					\
	} while (0)

#endif /* FSN_LOG_H */
