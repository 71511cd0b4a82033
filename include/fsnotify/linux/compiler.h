/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says to its compiler and to sparse.
 */
#ifndef _FSN_LINUX_COMPILER_H
#define _FSN_LINUX_COMPILER_H

#include "../fsn/compiler.h"

#define likely(x) fsn_likely(x)
#define unlikely(x) fsn_unlikely(x)
#define barrier() fsn_barrier()
#define READ_ONCE(x) fsn_READ_ONCE(x)
#define WRITE_ONCE(x, value) fsn_WRITE_ONCE(x, value)
#define data_race(x) (x)

/* for sparse */
#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __nocast
#define __safe
#define __private
#define __must_hold(lock)
#define __acquires(lock)
#define __cond_acquires(lock)
#define __releases(lock)
#define __acquire(lock) ((void)0)
#define __release(lock) ((void)0)

#define __must_check FSN_MUST_CHECK
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __aligned(bytes) __attribute__((__aligned__(bytes)))
#define __packed __attribute__((__packed__))
#define __printf(format, first) FSN_PRINTF(format, first)
#define __malloc __attribute__((__malloc__))
#define __section(name) __attribute__((__section__(name)))
#define __weak __attribute__((__weak__))
#define __counted_by(member)
#define __nonstring
#define noinline __attribute__((__noinline__))
#define noinline_for_stack noinline
#define asmlinkage
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#ifndef __attribute_const__
#define __attribute_const__ __attribute__((__const__))
#endif
#if __GNUC__ >= 7
#define fallthrough __attribute__((__fallthrough__))
#else
#define fallthrough do { } while (0)
#endif

/* where the kernel places data */
#define __init
#define __exit
#define __initdata
#define __read_mostly
#define __ro_after_init

#endif /* _FSN_LINUX_COMPILER_H */
