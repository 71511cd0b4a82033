/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registrations for SIGIO (fsn_fasync_helper(), fsn_kill_fasync()), owners of files, process ids. The functions are
 * declared in abi.h.
 *
 * The signal is the one that a kernel sends: SIGIO, or that of fsn_f_setsig() with si_code POLL_IN and so on, si_fd and
 * si_band, to a thread, a process or a process group, from whichever thread. Where the system refuses what that takes
 * (descriptors, a thread, a fresh descriptor table, or a number that cannot be a descriptor), si_code is SI_SIGIO
 * instead for a thread or process, and a process group gets the signal without details.
 */
#ifndef FSN_FASYNC_H
#define FSN_FASYNC_H

#include "types.h"

#define FSN_FASYNC_MAGIC 0x4601
/* The bit of file->f_flags that says that a file is registered: O_ASYNC. */
#define FSN_FASYNC 020000

FSN_BEGIN_DECLS

static inline int fsn_pid_nr(struct pid *pid)
{
	return fsn_pid_vnr(pid);
}

FSN_END_DECLS

#endif /* FSN_FASYNC_H */
