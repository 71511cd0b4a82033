/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two listeners' structs with ours inside, member for member as wide as the kernel's inotify has them; and one line of the
 * table as one result.
 */
#ifndef C_TESTS_EMBEDDED_H
#define C_TESTS_EMBEDDED_H

struct inotify_inode_mark {
	struct fsnotify_mark fsn_mark;
	int wd;
};

__extension__ struct inotify_event_info {
	struct fsnotify_event fse;
	__u32 mask;
	int wd;
	__u32 sync_cookie;
	int name_len;
	__extension__ char name[];
};

/* Says both values, because either may be the wrong one. */
#define row(got, want, name) \
	ok((unsigned long)(got) == (unsigned long)(want), "%s: %#lx, table: %#lx", name, (unsigned long)(got), (unsigned long)(want))

#endif /* C_TESTS_EMBEDDED_H */
