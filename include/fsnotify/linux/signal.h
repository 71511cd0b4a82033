/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SIGNAL_H
#define _FSN_LINUX_SIGNAL_H

#include <signal.h>
#include <linux/types.h>

/* <signal.h> has them only on request */
#ifndef POLL_IN
#define POLL_IN 1
#endif
#ifndef POLL_MSG
#define POLL_MSG 3
#endif

#endif /* _FSN_LINUX_SIGNAL_H */
