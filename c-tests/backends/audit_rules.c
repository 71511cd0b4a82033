// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of audit_rules.h: they are made from text, compared, put on their lists, duplicated when a watched file is another
 * one, and freed. Locks: audit_ctl_lock() around a change from user space, then audit_filter_mutex.
 */
#include "audit_rules.h"

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/string.h>

static DEFINE_MUTEX(ctl_mutex);
DEFINE_MUTEX(audit_filter_mutex);
struct list_head audit_inode_hash[AUDIT_INODE_BUCKETS];
struct list_head audit_filter_list[AUDIT_NR_FILTERS];
/* krule->list: all rules of a list in the order of their priority, wherever they are to be found by a call. */
static struct list_head rules_list[AUDIT_NR_FILTERS];
static u64 prio_low = ~0ULL / 2, prio_high = ~0ULL / 2 - 1;
static int n_entries;

static int rules_init(void)
{
	int i;

	for (i = 0; i < AUDIT_INODE_BUCKETS; i++)
		INIT_LIST_HEAD(&audit_inode_hash[i]);
	for (i = 0; i < AUDIT_NR_FILTERS; i++) {
		INIT_LIST_HEAD(&audit_filter_list[i]);
		INIT_LIST_HEAD(&rules_list[i]);
	}
	return 0;
}
core_initcall(rules_init);

void audit_ctl_lock(void)
{
	mutex_lock(&ctl_mutex);
}

void audit_ctl_unlock(void)
{
	mutex_unlock(&ctl_mutex);
}

/* ---- one rule ---- */

static struct audit_entry *alloc_entry(u32 fields)
{
	struct audit_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return NULL;
	entry->rule.fields = kcalloc(fields, sizeof(*entry->rule.fields), GFP_KERNEL);
	if (!entry->rule.fields) {
		kfree(entry);
		return NULL;
	}
	__atomic_add_fetch(&n_entries, 1, __ATOMIC_RELAXED);
	return entry;
}

static void free_entry(struct audit_entry *entry)
{
	if (entry->rule.watch)
		audit_put_watch(entry->rule.watch);
	kfree(entry->rule.filterkey);
	kfree(entry->rule.fields);
	kfree(entry);
	__atomic_sub_fetch(&n_entries, 1, __ATOMIC_RELAXED);
}

void audit_free_rule_rcu(struct rcu_head *head)
{
	free_entry(container_of(head, struct audit_entry, rcu));
}

/* What a rule that is on no list holds besides its memory. */
static void drop_template(struct audit_entry *entry)
{
	if (entry->rule.exe)
		audit_remove_mark(entry->rule.exe);
	free_entry(entry);
}

static struct audit_field *new_field(struct audit_krule *krule, u32 type, u32 op)
{
	struct audit_field *field = &krule->fields[krule->field_count++];

	field->type = type;
	field->op = op;
	return field;
}

static int take_watch(struct audit_krule *krule, const struct rule *rule)
{
	char *path = kstrdup(rule->watch, GFP_KERNEL);
	int error;

	if (!path)
		return -ENOMEM;
	new_field(krule, AUDIT_WATCH, rule->op);
	error = audit_to_watch(krule, path, (int)strlen(path), rule->op);
	if (error)
		kfree(path);
	return error;
}

static int take_dir(struct audit_krule *krule, const struct rule *rule)
{
	char *path = kstrdup(rule->dir, GFP_KERNEL);
	int error;

	if (!path)
		return -ENOMEM;
	new_field(krule, AUDIT_DIR, rule->op);
	error = audit_make_tree(krule, path, rule->op);
	kfree(path);
	return error;
}

static int take_exe(struct audit_krule *krule, const struct rule *rule)
{
	char *path = kstrdup(rule->exe, GFP_KERNEL);
	struct audit_fsnotify_mark *mark;

	if (!path)
		return -ENOMEM;
	new_field(krule, AUDIT_EXE, rule->op);
	mark = audit_alloc_mark(krule, path, (int)strlen(path), NULL);
	if (IS_ERR(mark)) {
		kfree(path);
		return PTR_ERR(mark);
	}
	krule->exe = mark;
	return 0;
}

static int take_rest(struct audit_krule *krule, const struct rule *rule)
{
	if (rule->inode) {
		if (krule->watch || krule->tree)
			return -EINVAL;
		krule->inode_f = new_field(krule, AUDIT_INODE, Audit_equal);
		krule->inode_f->val = (u32)rule->inode;
	}
	if (rule->key) {
		new_field(krule, AUDIT_FILTERKEY, Audit_equal);
		krule->filterkey = kstrdup(rule->key, GFP_KERNEL);
		if (!krule->filterkey)
			return -ENOMEM;
	}
	return 0;
}

static struct audit_entry *make_entry(const struct rule *rule)
{
	struct audit_entry *entry = alloc_entry(5);
	int error = 0;

	if (!entry)
		return ERR_PTR(-ENOMEM);
	entry->rule.listnr = rule->list ? rule->list : AUDIT_FILTER_EXIT;
	entry->rule.flags = rule->prepend ? AUDIT_FILTER_PREPEND : 0;
	entry->rule.action = AUDIT_ALWAYS;
	if (rule->watch)
		error = take_watch(&entry->rule, rule);
	if (!error && rule->dir)
		error = take_dir(&entry->rule, rule);
	if (!error && rule->exe)
		error = take_exe(&entry->rule, rule);
	if (!error)
		error = take_rest(&entry->rule, rule);
	if (!error)
		return entry;
	if (entry->rule.tree)
		audit_put_tree(entry->rule.tree);
	drop_template(entry);
	return ERR_PTR(error);
}

static bool same_field(const struct audit_krule *a, const struct audit_krule *b, u32 i)
{
	if (a->fields[i].type != b->fields[i].type || a->fields[i].op != b->fields[i].op)
		return false;
	switch (a->fields[i].type) {
	case AUDIT_WATCH:
		return !strcmp(audit_watch_path(a->watch), audit_watch_path(b->watch));
	case AUDIT_DIR:
		return !strcmp(audit_tree_path(a->tree), audit_tree_path(b->tree));
	case AUDIT_EXE:
		return !strcmp(audit_mark_path(a->exe), audit_mark_path(b->exe));
	case AUDIT_FILTERKEY:
		return !strcmp(a->filterkey, b->filterkey);
	default:
		return a->fields[i].val == b->fields[i].val;
	}
}

static bool same_rule(const struct audit_krule *a, const struct audit_krule *b)
{
	u32 i;

	if (a->listnr != b->listnr || a->action != b->action || a->field_count != b->field_count)
		return false;
	for (i = 0; i < a->field_count; i++) {
		if (!same_field(a, b, i))
			return false;
	}
	return true;
}

/* The rule of the lists that is as @krule, or NULL. audit_filter_mutex is held. */
static struct audit_entry *find_same(const struct audit_krule *krule)
{
	struct audit_krule *other;

	list_for_each_entry(other, &rules_list[krule->listnr], list) {
		if (same_rule(krule, other))
			return container_of(other, struct audit_entry, rule);
	}
	return NULL;
}

struct audit_entry *audit_dupe_rule(struct audit_krule *old, struct audit_watch_ctx *ctx)
{
	struct audit_entry *entry = alloc_entry(old->field_count);
	struct audit_krule *new;
	int error = 0;

	if (!entry)
		return ERR_PTR(-ENOMEM);
	new = &entry->rule;
	new->listnr = old->listnr;
	new->flags = old->flags;
	new->action = old->action;
	new->prio = old->prio;
	new->field_count = old->field_count;
	new->tree = old->tree;
	memcpy(new->fields, old->fields, old->field_count * sizeof(*old->fields));
	if (old->inode_f)
		new->inode_f = new->fields + (old->inode_f - old->fields);
	if (old->filterkey) {
		new->filterkey = kstrdup(old->filterkey, GFP_KERNEL);
		error = new->filterkey ? 0 : -ENOMEM;
	}
	if (!error && old->exe)
		error = audit_dupe_exe(new, old, ctx);
	if (error) {
		drop_template(entry);
		return ERR_PTR(error);
	}
	if (old->watch) {
		audit_get_watch(old->watch);
		new->watch = old->watch;
	}
	return entry;
}

/* ---- the lists ---- */

static void link_entry(struct audit_entry *entry, struct list_head *list)
{
	struct audit_krule *krule = &entry->rule;

	krule->prio = krule->flags & AUDIT_FILTER_PREPEND ? ++prio_high : --prio_low;
	if (krule->flags & AUDIT_FILTER_PREPEND) {
		list_add(&krule->list, &rules_list[krule->listnr]);
		list_add_rcu(&entry->list, list);
		krule->flags &= ~(u32)AUDIT_FILTER_PREPEND;
	} else {
		list_add_tail(&krule->list, &rules_list[krule->listnr]);
		list_add_tail_rcu(&entry->list, list);
	}
}

static int add_entry(struct audit_entry *entry)
{
	struct audit_krule *krule = &entry->rule;
	struct list_head *list = &audit_filter_list[krule->listnr];
	/* audit_add_tree_rule() frees it on failure, nobody else does */
	struct audit_tree *tree = krule->tree;
	int error = 0;

	mutex_lock(&audit_filter_mutex);
	if (krule->inode_f)
		list = &audit_inode_hash[audit_hash_ino(krule->inode_f->val)];
	if (find_same(krule))
		error = -EEXIST;
	/* drops the mutex meanwhile */
	if (!error && krule->watch)
		error = audit_add_watch(krule, &list);
	if (error && tree)
		audit_put_tree(tree);
	if (!error && tree)
		error = audit_add_tree_rule(krule);
	if (!error)
		link_entry(entry, list);
	mutex_unlock(&audit_filter_mutex);
	return error;
}

int audit_del_rule(struct audit_entry *entry)
{
	struct audit_entry *found;

	mutex_lock(&audit_filter_mutex);
	found = find_same(&entry->rule);
	if (found) {
		list_del_rcu(&found->list);
		list_del(&found->rule.list);
		synchronize_rcu();
		if (found->rule.watch)
			audit_remove_watch_rule(&found->rule);
		if (found->rule.tree)
			audit_remove_tree_rule(&found->rule);
		if (found->rule.exe)
			audit_remove_mark_rule(&found->rule);
		call_rcu(&found->rcu, audit_free_rule_rcu);
	}
	mutex_unlock(&audit_filter_mutex);
	return found ? 0 : -ENOENT;
}

int rule_add(const struct rule *rule)
{
	struct audit_entry *entry;
	int error;

	audit_ctl_lock();
	entry = make_entry(rule);
	error = PTR_ERR_OR_ZERO(entry);
	if (!error) {
		error = add_entry(entry);
		if (error)
			drop_template(entry);
	}
	audit_ctl_unlock();
	return error;
}

int rule_del(const struct rule *rule)
{
	struct audit_entry *entry;
	int error;

	audit_ctl_lock();
	entry = make_entry(rule);
	error = PTR_ERR_OR_ZERO(entry);
	if (!error) {
		struct audit_tree *tree = entry->rule.tree;

		error = audit_del_rule(entry);
		if (tree)
			audit_put_tree(tree);
		drop_template(entry);
	}
	audit_ctl_unlock();
	return error;
}

void rules_trim(void)
{
	audit_ctl_lock();
	audit_trim_trees();
	audit_ctl_unlock();
}

int rules_tag(const char *old, const char *new)
{
	char *from = kstrdup(old, GFP_KERNEL), *to = kstrdup(new, GFP_KERNEL);
	int error = -ENOMEM;

	audit_ctl_lock();
	if (from && to)
		error = audit_tag_tree(from, to);
	audit_ctl_unlock();
	kfree(from);
	kfree(to);
	return error;
}

/* ---- what the tests look at ---- */

int rules_count(void)
{
	struct audit_krule *krule;
	int i, count = 0;

	mutex_lock(&audit_filter_mutex);
	for (i = 0; i < AUDIT_NR_FILTERS; i++) {
		list_for_each_entry(krule, &rules_list[i], list)
			count++;
	}
	mutex_unlock(&audit_filter_mutex);
	return count;
}

struct audit_krule *rules_find(const char *key)
{
	struct audit_krule *krule, *found = NULL;
	int i;

	mutex_lock(&audit_filter_mutex);
	for (i = 0; i < AUDIT_NR_FILTERS && !found; i++) {
		list_for_each_entry(krule, &rules_list[i], list) {
			if (krule->filterkey && !strcmp(krule->filterkey, key)) {
				found = krule;
				break;
			}
		}
	}
	mutex_unlock(&audit_filter_mutex);
	return found;
}

int rules_bucket(const char *key)
{
	struct audit_krule *krule = rules_find(key);
	struct audit_entry *entry;
	int i, bucket = -1;

	mutex_lock(&audit_filter_mutex);
	for (i = 0; i < AUDIT_INODE_BUCKETS; i++) {
		list_for_each_entry(entry, &audit_inode_hash[i], list) {
			if (&entry->rule == krule)
				bucket = i;
		}
	}
	mutex_unlock(&audit_filter_mutex);
	return bucket;
}

int rules_settle(void)
{
	rcu_barrier();
	fsnotify_wait_marks_destroyed();
	rcu_barrier();
	return __atomic_load_n(&n_entries, __ATOMIC_RELAXED);
}
