/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MINMAX_H
#define _FSN_LINUX_MINMAX_H

#include <linux/compiler.h>

#define min(x, y) \
	(__extension__({ \
		__typeof__(x) fsn_x_ = (x); \
		__typeof__(y) fsn_y_ = (y); \
		fsn_x_ < fsn_y_ ? fsn_x_ : fsn_y_; \
	}))
#define max(x, y) \
	(__extension__({ \
		__typeof__(x) fsn_x_ = (x); \
		__typeof__(y) fsn_y_ = (y); \
		fsn_x_ > fsn_y_ ? fsn_x_ : fsn_y_; \
	}))
#define min_t(type, x, y) min((type)(x), (type)(y))
#define max_t(type, x, y) max((type)(x), (type)(y))
#define clamp(value, low, high) min((__typeof__(value))max(value, low), high)
#define clamp_t(type, value, low, high) clamp((type)(value), (type)(low), (type)(high))
#define swap(a, b) \
	do { \
		__typeof__(a) fsn_kept_ = (a); \
		(a) = (b); \
		(b) = fsn_kept_; \
	} while (0)

#endif /* _FSN_LINUX_MINMAX_H */
