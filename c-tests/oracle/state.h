/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What C code can see of the core's state: after each call, whatever has changed is told.
 */
#ifndef ORACLE_STATE_H
#define ORACLE_STATE_H

#include "world.h"

#define TEXT 240
static char group_texts[GROUPS][TEXT], mark_texts[MARKS][TEXT / 2], sb_texts[TREES][TEXT], mount_texts[TREES][2][TEXT],
	inode_texts[TREES][64][TEXT], dentry_texts[TREES][NAMES][TEXT / 4];
static int stamp;

struct text {
	char text[TEXT];
	size_t len;
	uint32_t hash;
};

__attribute__((__format__(__printf__, 2, 3)))
static void add(struct text *to, const char *format, ...)
{
	char piece[96];
	va_list args;

	va_start(args, format);
	vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	for (const char *c = piece; *c; c++) {
		to->hash = (to->hash ^ (unsigned char)*c) * 16777619u;
		if (to->len < TEXT - 40)
			to->text[to->len++] = *c;
	}
	to->text[to->len] = 0;
}

/* Too long for a line: its hash stands for the rest. */
static void tell(struct text *now, char *before, size_t size, const char *what)
{
	char hash[16];

	if (now->len >= TEXT - 40 || now->len >= size - 12) {
		snprintf(hash, sizeof(hash), "..%08x", now->hash);
		now->len = now->len < size - 12 ? now->len : size - 12;
		strcpy(now->text + now->len, hash);
	}
	if (strcmp(now->text, before) != 0) {
		emit("  %s: %s\n", what, now->text);
		strcpy(before, now->text);
	}
}

static void add_connector(struct text *to, struct fsnotify_mark_connector *conn)
{
	if (!conn)
		return;
	/* without the library's own bit for a connector with an index */
	add(to, " type %d prio %d flags %x marks", conn->type, conn->prio, conn->flags & 0x7fff);
	for (struct hlist_node *node = conn->list.first; node; node = node->next)
		add(to, " m%d", mark_of(fsn_container_of(node, struct fsnotify_mark, obj_list))->id);
}

static void group_state(struct group *group)
{
	struct fsnotify_group *fsn = group->fsn;
	struct text now = { .len = 0 };
	char what[16];

	add(&now, "queued %u pins %d%s:", fsn->q_len, fsn->user_waits.counter, fsn->shutdown ? " shutdown" : "");
	for (struct list_head *link = fsn->notification_list.next; link != &fsn->notification_list; link = link->next)
		add(&now, " %s", event_name((struct event *)fsn_container_of(link, struct fsnotify_event, list)));
	add(&now, ";");
	for (struct list_head *link = fsn->marks_list.next; link != &fsn->marks_list; link = link->next) {
		struct mark *mark = mark_of(fsn_container_of(link, struct fsnotify_mark, g_list));

		add(&now, " m%d", mark->id);
		mark->seen = stamp;
	}
	snprintf(what, sizeof(what), "g%d", group->id);
	tell(&now, group_texts[group->id], TEXT, what);
}

static void mark_state(struct mark *mark)
{
	const struct fsnotify_mark *fsn = &mark->fsn;
	struct text now = { .len = 0 };
	char what[16];

	add(&now, "refs %d flags %x mask %x ignore %x%s", fsn->refcnt.refs.counter, fsn->flags, fsn->mask, fsn->ignore_mask,
	    !fsn->connector ? "" : fsn->connector->type == FSNOTIFY_OBJ_TYPE_DETACHED ? " cut off" : " connected");
	snprintf(what, sizeof(what), "m%d", mark->id);
	tell(&now, mark_texts[mark->id], TEXT / 2, what);
}

static void tree_state(struct tree *tree)
{
	struct super_block *sb = &tree->fs->sb;
	struct fsnotify_sb_info *info = sb->s_fsnotify_info;
	char what[24];

	for (int i = 0; i < tree->n_inodes; i++) {
		const struct inode *inode = tree->inodes[i];
		struct text now = { .len = 0 };

		if (((const struct tinode *)inode)->ended)
			add(&now, "ended");
		else
			add(&now, "count %d mask %x", inode->i_count.counter, inode->i_fsnotify_mask);
		add_connector(&now, inode->i_fsnotify_marks);
		tell(&now, inode_texts[tree->id][i], TEXT, inode_name(inode));
	}
	for (int i = 0; i < NAMES; i++) {
		const struct dentry *dentry = tree->names[i];
		struct text now = { .len = 0 };

		add(&now, "count %d%s", dentry->d_lockref.count,
		    dentry->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED ? " parent watched" : "");
		tell(&now, dentry_texts[tree->id][i], TEXT / 4, dentry_name(dentry));
	}
	for (int i = 0; i < 2; i++) {
		const struct mount *mount = i ? &tree->second : &tree->fs->mount;
		struct text now = { .len = 0 };

		add(&now, "mask %x", mount->mnt_fsnotify_mask);
		add_connector(&now, mount->mnt_fsnotify_marks);
		snprintf(what, sizeof(what), "t%d.mnt%d", tree->id, i);
		tell(&now, mount_texts[tree->id][i], TEXT, what);
	}
	struct text now = { .len = 0 };

	add(&now, "mask %x", sb->s_fsnotify_mask);
	if (info) {
		add(&now, " watched %ld %ld %ld", info->watched_objects[0].counter, info->watched_objects[1].counter,
		    info->watched_objects[2].counter);
		add_connector(&now, info->sb_marks);
	}
	snprintf(what, sizeof(what), "t%d.sb", tree->id);
	tell(&now, sb_texts[tree->id], TEXT, what);
}

static void tell_state(void)
{
	stamp++;
	for (int i = 0; i < 2; i++)
		tree_state(mounted[i]);
	for (int i = 0; i < GROUPS; i++)
		if (groups[i].state == ALIVE)
			group_state(&groups[i]);
	for (int i = 0; i < n_marks; i++)
		if (marks[i].refs > 0 || marks[i].seen == stamp)
			mark_state(&marks[i]);
}

#endif /* ORACLE_STATE_H */
