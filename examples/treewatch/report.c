// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The figures: events by type, queues, memory; and whether anything is left when everything has been torn down.
 */
#include <stdio.h>

#include "report.h"

static void report_counts(const struct printer *p, const struct counter *c)
{
	int i;

	printf("\nEvents by type     printer    counter\n");
	for (i = 0; i < EVENT_TYPES; i++) {
		if (p->counts[i] || c->counts[i])
			printf("  %-14s %9lu  %9lu\n", event_types[i].name, p->counts[i], c->counts[i]);
	}
	printf("  The counter watches the superblock: it also sees what only concerns a file itself, and ignores\n"
	       "  OPEN, ACCESS and CLOSE_NOWRITE.\n");
}

static void report_queue(const char *name, const struct fsnotify_group *group, const struct queue_figures *f)
{
	char bound[16];

	snprintf(bound, sizeof(bound), "%u", group->max_events);
	printf("  %-8s %6s %9lu %9lu %9lu %9u%s\n", name, bound, f->queued, f->merged, f->dropped + f->failed, group->q_len,
	       f->dropped || f->failed ? "  overflowed" : "");
}

static void report_queues(const struct printer *p, const struct sleeper *s)
{
	printf("\nQueues      bound    queued    merged      lost   waiting\n");
	report_queue("printer", p->group, &p->figures);
	report_queue("sleeper", s->group, &s->figures);
	printf("  counter       -         (counts in its callback, before the printer's: its priority is higher)\n");
}

static void report_memory(const struct printer *p, const struct sleeper *s)
{
	struct fsn_stats stats;

	fsn_stats(&stats);
	printf("\nMemory\n");
	printf("  charged to the printer's memory group %lu bytes, to the sleeper's %lu bytes\n",
	       (unsigned long)fsn_memcg_usage(p->memcg), (unsigned long)fsn_memcg_usage(s->memcg));
	printf("  the library has %llu allocations of %llu bytes in all; it made %llu\n",
	       (unsigned long long)stats.allocations, (unsigned long long)stats.allocated_bytes,
	       (unsigned long long)stats.allocations_total);
	printf("  %llu groups, %llu marks on %llu objects, %llu names, %llu events waiting\n", (unsigned long long)stats.groups,
	       (unsigned long long)stats.marks, (unsigned long long)stats.connectors, (unsigned long long)stats.dentries,
	       (unsigned long long)stats.events_pending);
}

/* While everything is still there; the printer's thread has ended. */
void report_figures(const struct printer *p, const struct counter *c, const struct sleeper *s, struct source *source)
{
	unsigned long differences = source_differences(source, mirror_root(source->mirror));

	report_counts(p, c);
	report_queues(p, s);
	report_memory(p, s);
	printf("\nThe tree\n  %lu names in %lu directories, ", source->mirror->names, source->mirror->directories);
	if (differences)
		printf("%lu of them not as in the real directory\n", differences);
	else
		printf("as in the real directory\n");
	printf("  from the system's inotify: %lu notices, %lu overflows; the tree was read %lu times\n", source->notices,
	       source->overflows, source->scans + 1);
	if (p->marks_failed)
		printf("  %lu directories could not be marked\n", p->marks_failed);
}

/* How many kinds of things are left, each with a line. */
int report_leftovers(const struct mirror *m)
{
	struct fsn_stats stats;
	int kinds = 0;
	size_t i;

	fsn_stats(&stats);

	const struct {
		const char *name;
		unsigned long long left;
	} counters[] = {
		{ "groups", stats.groups },
		{ "marks", stats.marks },
		{ "connectors", stats.connectors },
		{ "superblocks with marks", stats.sb_infos },
		{ "events", stats.events_pending },
		{ "inodes", stats.inodes },
		{ "dentries", stats.dentries },
		{ "allocations", stats.allocations },
		{ "bytes", stats.allocated_bytes },
		{ "memory groups", stats.memcgs },
		{ "warnings", stats.warnings },
		{ "nodes of the tree", m->nodes },
		{ "names of the tree", m->names },
	};

	for (i = 0; i < fsn_ARRAY_SIZE(counters); i++) {
		if (!counters[i].left)
			continue;
		printf("counters: %s: %llu\n", counters[i].name, counters[i].left);
		kinds++;
	}
	if (!kinds)
		printf("counters: all zero\n");
	return kinds;
}
