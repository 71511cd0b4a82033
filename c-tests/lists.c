/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists, hash chains, error pointers and hashes, in plain mode.
 */
#include <fsnotify/fsnotify.h>
#include "tap.h"

struct item {
	int n;
	struct list_head link;
	struct hlist_node node;
};

static struct item items[8];

/* The list's numbers as decimal digits, checked from both ends; -1 if these differ. */
static long digits(struct list_head *head)
{
	struct item *item;
	long forward = 0, backward = 0, factor = 1;

	fsn_list_for_each_entry(item, head, link)
		forward = forward * 10 + item->n;
	fsn_list_for_each_entry_reverse(item, head, link) {
		backward += item->n * factor;
		factor *= 10;
	}
	return forward == backward ? forward : -1;
}

static long chain(struct hlist_head *head)
{
	struct hlist_node **link = &head->first;
	struct item *item;
	long sum = 0;

	fsn_hlist_for_each_entry(item, head, node) {
		if (item->node.pprev != link)
			return -1;
		link = &item->node.next;
		sum = sum * 10 + item->n;
	}
	return sum;
}

static void test_lists(void)
{
	struct list_head a, b;
	struct item *item, *next;
	int i;

	for (i = 0; i < 8; i++)
		items[i].n = i;
	fsn_INIT_LIST_HEAD(&a);
	fsn_INIT_LIST_HEAD(&b);
	ok(fsn_list_empty(&a) && digits(&a) == 0, "a new head is empty");
	ok(!fsn_list_first_entry_or_null(&a, struct item, link), "without a first entry");
	fsn_list_add(&items[2].link, &a);
	ok(fsn_list_is_singular(&a), "one entry");
	fsn_list_add(&items[1].link, &a);
	fsn_list_add_tail(&items[3].link, &a);
	ok(digits(&a) == 123, "to the front and to the back");
	ok(fsn_list_first_entry(&a, struct item, link) == &items[1] && fsn_list_last_entry(&a, struct item, link) == &items[3],
	   "the first and the last");
	ok(fsn_list_next_entry(&items[1], link) == &items[2] && fsn_list_prev_entry(&items[3], link) == &items[2], "neighbours");
	fsn_list_move(&items[3].link, &a);
	ok(digits(&a) == 312, "moved to the front");
	fsn_list_move_tail(&items[3].link, &a);
	ok(digits(&a) == 123, "and to the back");
	fsn_list_replace(&items[2].link, &items[4].link);
	ok(digits(&a) == 143, "replaced");
	{
		struct list_head none = FSN_LIST_HEAD_INIT(none);
		struct list_head moved;

		fsn_list_replace_init(&none, &moved);
		ok(fsn_list_empty(&none) && fsn_list_empty(&moved), "an empty list is replaced by an empty list");
	}
	fsn_list_del(&items[4].link);
	ok(digits(&a) == 13 && items[4].link.next == FSN_LIST_POISON1 && items[4].link.prev == FSN_LIST_POISON2,
	   "deleted and poisoned");
	fsn_list_del_init(&items[1].link);
	ok(digits(&a) == 3 && fsn_list_empty(&items[1].link), "deleted and empty");
	fsn_list_add_tail(&items[5].link, &b);
	fsn_list_add_tail(&items[6].link, &b);
	fsn_list_splice_init(&b, &a);
	ok(digits(&a) == 563 && fsn_list_empty(&b), "spliced to the front");
	fsn_list_add_tail(&items[7].link, &b);
	fsn_list_splice_tail_init(&b, &a);
	ok(digits(&a) == 5637 && fsn_list_count_nodes(&a) == 4, "and to the back");
	fsn_list_splice_init(&b, &a);
	ok(digits(&a) == 5637, "splicing an empty list changes nothing");
	fsn_list_del_rcu(&items[6].link);
	ok(items[6].link.next == &items[3].link, "a reader on a deleted entry goes on");
	fsn_list_for_each_entry_safe(item, next, &a, link)
		fsn_list_del_init(&item->link);
	ok(fsn_list_empty(&a), "a walk that deletes");
}

static void test_chains(void)
{
	struct hlist_head head = { NULL };
	struct hlist_node *next;
	struct item *item;
	long sum = 0;

	ok(fsn_hlist_empty(&head), "a zeroed chain is empty");
	fsn_hlist_add_head(&items[2].node, &head);
	fsn_hlist_add_before(&items[1].node, &items[2].node);
	fsn_hlist_add_behind(&items[4].node, &items[2].node);
	fsn_hlist_add_behind_rcu(&items[3].node, &items[2].node);
	ok(chain(&head) == 1234, "before, behind and in between");
	fsn_hlist_for_each_entry_rcu(item, &head, node)
		sum += item->n;
	ok(sum == 10, "a reader's walk");
	fsn_hlist_del_init(&items[1].node);
	ok(chain(&head) == 234 && fsn_hlist_unhashed(&items[1].node), "the first deleted");
	fsn_hlist_del_init(&items[1].node);
	ok(chain(&head) == 234, "twice");
	fsn_hlist_del_init_rcu(&items[3].node);
	ok(chain(&head) == 24 && fsn_hlist_unhashed(&items[3].node) && items[3].node.next == &items[4].node,
	   "one in the middle deleted under readers");
	fsn_hlist_for_each_entry_safe(item, next, &head, node)
		fsn_hlist_del(&item->node);
	ok(fsn_hlist_empty(&head) && items[4].node.pprev == FSN_LIST_POISON2, "a walk that deletes");
}

static void test_the_rest(void)
{
	int x = 0;

	ok(fsn_IS_ERR(fsn_ERR_PTR(-12)) && fsn_PTR_ERR(fsn_ERR_PTR(-12)) == -12, "an error pointer");
	ok(fsn_IS_ERR(fsn_ERR_PTR(-4095)) && !fsn_IS_ERR(fsn_ERR_PTR(-4096)), "the last errno");
	ok(!fsn_IS_ERR(&x) && !fsn_IS_ERR(NULL) && fsn_IS_ERR_OR_NULL(NULL), "no error");
	ok(fsn_PTR_ERR_OR_ZERO(&x) == 0 && fsn_PTR_ERR_OR_ZERO(fsn_ERR_CAST(fsn_ERR_PTR(-2))) == -2, "as a return value");
	ok(fsn_container_of(&items[3].node, struct item, node) == &items[3], "from the member to the struct");
	ok(fsn_hash_32(1, 32) == 0x61c88647U && fsn_hash_32(3, 8) == 0x25, "a 32-bit hash");
	ok(fsn_hash_64(1, 64) == 0x61c8864680b583ebULL && fsn_hash_long(1, 8) == 0x61, "a 64-bit one");
}

int main(void)
{
	test_lists();
	test_chains();
	test_the_rest();
	return done_testing();
}
