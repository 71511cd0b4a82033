/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains of functions that are told of something. The prototypes stand in abi.h.
 */
#ifndef FSN_NOTIFIER_H
#define FSN_NOTIFIER_H

#include "compiler.h"
#include "types.h"

/* Answers of a function: nothing to say; fine; the others are not told; they are not, and it must not be. */
#define FSN_NOTIFY_DONE 0x0000
#define FSN_NOTIFY_OK 0x0001
#define FSN_NOTIFY_STOP_MASK 0x8000
#define FSN_NOTIFY_BAD (FSN_NOTIFY_STOP_MASK | 0x0002)
#define FSN_NOTIFY_STOP (FSN_NOTIFY_OK | FSN_NOTIFY_STOP_MASK)

/* Zeroed memory will do. */
#define FSN_BLOCKING_NOTIFIER_INIT(name) { FSN_RWSEM_INITIALIZER((name).rwsem), NULL }
#define FSN_BLOCKING_NOTIFIER_HEAD(name) struct blocking_notifier_head name = FSN_BLOCKING_NOTIFIER_INIT(name)
#define FSN_BLOCKING_INIT_NOTIFIER_HEAD(name) (fsn_init_rwsem(&(name)->rwsem), (void)((name)->head = NULL))

FSN_BEGIN_DECLS

/* An errno, 0 or negative, as an answer that stops the chain if it is one; and back. */
static inline int fsn_notifier_from_errno(int error)
{
	return error ? FSN_NOTIFY_STOP_MASK | (FSN_NOTIFY_OK - error) : FSN_NOTIFY_OK;
}

static inline int fsn_notifier_to_errno(int answer)
{
	answer &= ~FSN_NOTIFY_STOP_MASK;
	return answer > FSN_NOTIFY_OK ? FSN_NOTIFY_OK - answer : 0;
}

FSN_END_DECLS

#endif /* FSN_NOTIFIER_H */
