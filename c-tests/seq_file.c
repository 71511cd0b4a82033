// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text written piece by piece to a buffer: what fits, what does not, and how it is written again to a larger one. And what is
 * counted for each processor; how much memory there is; who may forbid a watch.
 */
#include <linux/seq_file.h>
#include <linux/percpu.h>
#include <linux/security.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/fsnotify_backend.h>
#include "support.h"

static char room[32];

static struct seq_file small(size_t size)
{
	struct seq_file m = { .buf = room, .size = size };

	memset(room, '#', sizeof(room));
	return m;
}

static void pieces(void)
{
	struct seq_file m = small(sizeof(room));

	seq_printf(&m, "wd:%x ", 0x1f);
	seq_puts(&m, "ino:");
	seq_put_decimal_ull(&m, NULL, 42);
	seq_put_hex_ll(&m, " ", 0xab, 4);
	seq_putc(&m, '\n');
	is(m.count, 18, "text: its length");
	ok(!memcmp(room, "wd:1f ino:42 00ab\n", 18), "text: all pieces");
	is(seq_write(&m, "\0\1", 2), 0, "write: bytes of any kind");
	ok(room[18] == 0 && room[19] == 1, "write: as they are");
	ok(!seq_has_overflowed(&m), "overflow: not yet");
	is(seq_write(&m, "123456789012", 12), -1, "write: not what leaves no room for an end");
	ok(seq_has_overflowed(&m), "overflow: now");
	is(room[20], '#', "overflow: nothing of it is written");
	seq_putc(&m, 'x');
	is(room[31], '#', "overflow: nothing is written any more");

	m = small(8);
	seq_puts(&m, "1234567");
	ok(!seq_has_overflowed(&m), "overflow: the last place is for the end");
	seq_putc(&m, '8');
	is(room[7], '8', "putc: takes the last place");
	ok(seq_has_overflowed(&m), "putc: which counts as full");
	m = small(8);
	seq_printf(&m, "%s", "1234567");
	is(m.count, 7, "printf: what fits");
	seq_printf(&m, "%d", 8);
	ok(seq_has_overflowed(&m), "printf: what does not");
	m = small(8);
	seq_printf(&m, "%d", 12345678);
	ok(seq_has_overflowed(&m), "printf: no room for the end");
	is(room[8], '#', "printf: nothing is written behind the buffer");

	m = small(sizeof(room));
	seq_setwidth(&m, 8);
	seq_puts(&m, "abc");
	seq_pad(&m, '\n');
	ok(m.count == 9 && !memcmp(room, "abc     \n", 9), "pad: blanks up to the width");
	seq_setwidth(&m, 2);
	seq_puts(&m, "abc");
	seq_pad(&m, 0);
	is(m.count, 12, "pad: nothing if there is more already");
	seq_setwidth(&m, 30);
	seq_pad(&m, 0);
	ok(seq_has_overflowed(&m), "pad: no room");
	m = small(sizeof(room));
	seq_escape(&m, "a b\n", " \n");
	ok(m.count == 10 && !memcmp(room, "a\\040b\\012", 10), "escape: as octal numbers");
	seq_put_decimal_ll(&m, ":", -5);
	ok(!memcmp(room + 10, ":-5", 3), "decimal: with a sign");
}

static int shown, lines;
static struct file nobody;

static int show(struct seq_file *m, void *v)
{
	shown++;
	is_ptr(m->private, &lines, "show: gets what is private");
	is_ptr(m->file, &nobody, "show: and the file");
	for (int n = 0; n < *(int *)v; n++) {
		seq_printf(m, "line %7d\n", n);
		if (seq_has_overflowed(m))
			break;
	}
	return *(int *)v < 0 ? -EIO : 0;
}

static void rendered(void)
{
	char *text = kmalloc(20000, GFP_KERNEL);

	lines = 10;
	is(fsn_seq_show(show, &lines, &lines, &nobody, text, 20000), 130, "show: the length");
	is(strlen(text), 130, "show: ended by a NUL");
	is(shown, 1, "show: once is enough");
	ok(!strcmp(text + 117, "line       9\n"), "show: to the last line");
	lines = 1000;
	shown = 0;
	is(fsn_seq_show(show, &lines, &lines, &nobody, text, 20000), 13000, "show: more than a page");
	is(shown, 3, "show: again with twice the room, and again");
	ok(!strcmp(text + 13 * 999, "line     999\n"), "show: to the last line");
	memset(text, '#', 20);
	is(fsn_seq_show(show, &lines, &lines, &nobody, text, 10), 13000, "show: the whole length, whatever there is room for");
	ok(!memcmp(text, "line     \0#", 11), "show: the beginning");
	is(fsn_seq_show(show, &lines, &lines, &nobody, NULL, 0), 13000, "show: only the length");
	lines = -1;
	is(fsn_seq_show(show, &lines, &lines, &nobody, text, 20000), -EIO, "show: its error");
	lines = 1000;
	for (long skip = 0; skip < 3; skip++) {
		fsn_fail_alloc(skip, 1);
		is(fsn_seq_show(show, &lines, &lines, &nobody, text, 20000), -ENOMEM, "show: -ENOMEM, allocation %ld", skip);
	}
	fsn_fail_alloc(0, 0);
	kfree(text);
}

static DEFINE_PER_CPU(unsigned long, hits);

static void *hit(void *unused)
{
	(void)unused;
	for (int n = 0; n < 50000; n++) {
		this_cpu_inc(hits);
		this_cpu_add(hits, 2);
	}
	return NULL;
}

static void processors(void)
{
	unsigned long sum = 0, *own = alloc_percpu(unsigned long);
	pthread_t threads[4];
	unsigned int count = 0;
	int cpu;

	for (int n = 0; n < 4; n++)
		pthread_create(&threads[n], NULL, hit, NULL);
	for (int n = 0; n < 4; n++)
		pthread_join(threads[n], NULL);
	for_each_possible_cpu(cpu) {
		sum += per_cpu(hits, cpu);
		*per_cpu_ptr(own, cpu) = 1;
		count++;
	}
	is(sum, 4 * 50000 * 3, "per_cpu: no count is lost");
	is(count, num_possible_cpus(), "per_cpu: every processor");
	ok(count >= 1 && (unsigned int)smp_processor_id() < count, "per_cpu: this one among them");
	free_percpu(own);
	this_cpu_write(hits, 5);
	this_cpu_dec(hits);
}

static int refuses(const struct path *path, __u64 mask, unsigned int obj_type)
{
	is_ptr(path, (void *)64, "security: gets the path");
	is(mask, FS_ACCESS_PERM, "security: and the events");
	return obj_type == FSNOTIFY_OBJ_TYPE_SB ? -EPERM : 0;
}

static void others(void)
{
	const struct path *path = (void *)64;
	struct sysinfo info;
	char line[256];
	unsigned long kilobytes = 0;
	FILE *meminfo = fopen("/proc/meminfo", "r");

	while (meminfo && fgets(line, sizeof(line), meminfo) && sscanf(line, "MemTotal: %lu", &kilobytes) != 1)
		;
	si_meminfo(&info);
	is(info.mem_unit, PAGE_SIZE, "meminfo: in pages");
	if (kilobytes)
		is(info.totalram, kilobytes / 4, "meminfo: as many as the system has");
	ok(info.totalhigh <= info.totalram, "meminfo: no more of it high than there is");
	if (meminfo)
		fclose(meminfo);

	is(security_path_notify(path, FS_ACCESS_PERM, FSNOTIFY_OBJ_TYPE_SB), 0, "security: nobody forbids anything");
	fsn_set_security_path_notify(refuses);
	is(security_path_notify(path, FS_ACCESS_PERM, FSNOTIFY_OBJ_TYPE_SB), -EPERM, "security: the program's hook does");
	is(security_path_notify(path, FS_ACCESS_PERM, FSNOTIFY_OBJ_TYPE_INODE), 0, "security: or does not");
	fsn_set_security_path_notify(NULL);
	is(security_path_notify(path, FS_ACCESS_PERM, FSNOTIFY_OBJ_TYPE_SB), 0, "security: it can be taken away");

	is(get_taint(), 0, "taint: none at first");
	add_taint(TAINT_AUX, 0);
	ok(test_taint(TAINT_AUX) && !test_taint(TAINT_WARN), "taint: what was added");
	is(get_taint(), 1UL << TAINT_AUX, "taint: and nothing else");
}

int main(void)
{
	tests_begin();
	pieces();
	rendered();
	processors();
	others();
	return tests_end();
}
