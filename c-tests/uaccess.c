// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies from and to memory that may not be there: how much is copied, -EFAULT in place of a signal, nothing changed by
 * asking; inside and outside of a read() or write() that has asked for its buffer.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <linux/uaccess.h>
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/fsnotify_backend.h>
#include <linux/anon_inodes.h>
#include "support.h"

#define PAGE 4096UL

/* Three pages: writable, read-only, not there. */
static char *pages;
#define WRITABLE pages
#define READABLE (pages + PAGE)
#define ABSENT (pages + 2 * PAGE)

static char from[3 * PAGE], to[3 * PAGE];

static void copies(void)
{
	is(copy_to_user(WRITABLE, "hello", 6), 0, "to: all is copied");
	is_str(WRITABLE, "hello", "to: it is there");
	is(copy_to_user(READABLE, "hello", 6), 6, "to: nothing where only reading is allowed");
	is(copy_to_user(ABSENT, "hello", 6), 6, "to: nothing where there is no memory");
	is(copy_to_user(NULL, "hello", 6), 6, "to: nothing at NULL");
	is(copy_to_user((void *)~0UL, "hello", 6), 6, "to: nothing at the end of all addresses");
	is(copy_to_user((void *)(1UL << 47), "hello", 6), 6, "to: nothing at a kernel's addresses");
	is(copy_to_user((void *)(1UL << 62), "hello", 6), 6, "to: nothing at addresses that are none");
	memset(from, 'x', sizeof(from));
	is(copy_to_user(READABLE - 3, from, 10), 7, "to: as far as the page goes");
	ok(!memcmp(READABLE - 3, "xxx", 3), "to: so far it is there");
	is(copy_to_user(WRITABLE, from, 2 * PAGE), PAGE, "to: a page of two");
	is(copy_to_user(ABSENT, from, 0), 0, "to: nothing to copy is no fault");
	is(copy_to_user(NULL, from, 0), 0, "to: nothing to copy to NULL, too");

	memset(to, 'o', sizeof(to));
	is(copy_from_user(to, READABLE, 6), 0, "from: all is copied");
	is_str(to, "there", "from: it is what was there");
	is(copy_from_user(to, ABSENT, 6), 6, "from: nothing where there is no memory");
	ok(!memcmp(to, "\0\0\0\0\0\0o", 7), "from: what could not be copied is zero");
	is(copy_from_user(to, NULL, 6), 6, "from: nothing at NULL");
	is(copy_from_user(to, (void *)8, 6), 6, "from: nor beside it");
	is(copy_from_user(to, (void *)(1UL << 47), 6), 6, "from: nor at a kernel's addresses");
	memset(to, 'o', sizeof(to));
	is(copy_from_user(to, ABSENT - 2, 6), 4, "from: as far as the page goes");
	ok(!memcmp(to, "\0\0\0\0\0\0o", 7), "from: zeros behind it");
	is(copy_from_user(to, WRITABLE, 3 * PAGE), PAGE, "from: two pages of three");
	ok(!memcmp(to, WRITABLE, 2 * PAGE), "from: which are what was there");

	is(clear_user(WRITABLE, 100), 0, "clear: all");
	ok(!WRITABLE[0] && !WRITABLE[99] && WRITABLE[100] == 'x', "clear: it is zero, and nothing else");
	is(clear_user(READABLE - 1, 10), 9, "clear: as far as the page goes");
	is(clear_user(ABSENT, 10), 10, "clear: nothing where there is no memory");
	errno = ENOTTY;
	is(copy_to_user(ABSENT, "hello", 6), 6, "errno: a fault");
	is(errno, ENOTTY, "errno: leaves it");
	ok(access_ok(WRITABLE, PAGE), "access_ok: a program's address");
	ok(!access_ok((void *)(1UL << 47), 1), "access_ok: not a kernel's");
	ok(!access_ok(WRITABLE, ~0UL), "access_ok: not more than there can be");
}

static void words(void)
{
	unsigned char u8;
	signed char s8;
	u16 u16;
	int s32;
	u64 u64;
	void *pointer;

	is(put_user(0x123456789abcdef0, (unsigned long *)WRITABLE), 0, "put: eight bytes");
	is(put_user(-1, (int *)(WRITABLE + 8)), 0, "put: four");
	is(put_user(0xfedc, (unsigned short *)(WRITABLE + 12)), 0, "put: two");
	is(put_user(0x80, WRITABLE + 14), 0, "put: one");
	ok(!memcmp(WRITABLE, "\xf0\xde\xbc\x9a\x78\x56\x34\x12\xff\xff\xff\xff\xdc\xfe\x80\0", 16), "put: as they are in memory");
	is(put_user(1, (int *)READABLE), -EFAULT, "put: -EFAULT where only reading is allowed");
	is(put_user(1, (long *)(READABLE - 4)), -EFAULT, "put: -EFAULT for half a word");
	is(put_user(1, (int *)NULL), -EFAULT, "put: -EFAULT at NULL");
	is(get_user(u64, (unsigned long *)WRITABLE), 0, "get: eight bytes");
	ok(u64 == 0x123456789abcdef0, "get: what was there");
	is(get_user(s32, (int *)(WRITABLE + 8)), 0, "get: four");
	is(s32, -1, "get: with their sign");
	is(get_user(u16, (unsigned short *)(WRITABLE + 12)), 0, "get: two");
	is(u16, 0xfedc, "get: what was there");
	is(get_user(s8, (signed char *)WRITABLE + 14), 0, "get: one");
	is(s8, -128, "get: with its sign");
	is(get_user(u8, (const unsigned char *)WRITABLE + 14), 0, "get: one without");
	is(u8, 128, "get: what was there");
	is(get_user(pointer, (void **)WRITABLE), 0, "get: a pointer");
	is_ptr(pointer, (void *)0x123456789abcdef0, "get: what was there");
	is(get_user(s32, (int *)ABSENT), -EFAULT, "get: -EFAULT where there is no memory");
	is(s32, 0, "get: and 0");
}

static void strings(void)
{
	memset(WRITABLE, 'a', PAGE);
	strcpy(WRITABLE, "name");
	is(strncpy_from_user(to, WRITABLE, 10), 4, "string: its length");
	is_str(to, "name", "string: with its end");
	is(strncpy_from_user(to, WRITABLE, 4), 4, "string: as much as there is room for");
	is(strncpy_from_user(to, ABSENT, 10), -EFAULT, "string: -EFAULT");
	memset(to, 0, sizeof(to));
	is(strncpy_from_user(to, READABLE - 5, 20), 10, "string: over the end of a page");
	is_str(to, "aaaaathere", "string: all of it");
	is(strnlen_user(WRITABLE, 100), 5, "strnlen: with its end");
	ok(strnlen_user(WRITABLE, 4) > 4, "strnlen: more than the limit");
	is(strnlen_user(ABSENT, 100), 0, "strnlen: 0 for a fault");
	memset(WRITABLE, 'a', PAGE);
	mprotect(READABLE, PAGE, PROT_NONE);
	is(strncpy_from_user(to, READABLE - 5, 5), 5, "string: a limit before the end of the page");
	is(strncpy_from_user(to, READABLE - 5, 6), -EFAULT, "string: -EFAULT where it runs into nothing");
	mprotect(READABLE, PAGE, PROT_READ);
}

static void structs(void)
{
	struct { int a, b, c; } known;
	char *copy;

	memcpy(WRITABLE, (int []){ 1, 2, 3, 0, 0, 9 }, 24);
	is(copy_struct_from_user(&known, 12, WRITABLE, 12), 0, "struct: as large");
	ok(known.a == 1 && known.b == 2 && known.c == 3, "struct: copied");
	is(copy_struct_from_user(&known, 12, WRITABLE, 8), 0, "struct: smaller");
	ok(known.a == 1 && known.b == 2 && known.c == 0, "struct: the rest is 0");
	is(copy_struct_from_user(&known, 12, WRITABLE, 20), 0, "struct: larger, with zeros");
	is(copy_struct_from_user(&known, 12, WRITABLE, 24), -E2BIG, "struct: -E2BIG for more");
	is(copy_struct_from_user(&known, 12, ABSENT - 4, 12), -EFAULT, "struct: -EFAULT");
	copy = fsn_memdup_user(READABLE, 6);
	is_str(copy, "there", "memdup: a copy");
	kfree(copy);
	is(PTR_ERR(fsn_memdup_user(ABSENT, 6)), -EFAULT, "memdup: -EFAULT");
	copy = fsn_strndup_user(READABLE, 100);
	is_str(copy, "there", "strndup: a copy");
	kfree(copy);
	is(PTR_ERR(fsn_strndup_user(READABLE, 5)), -EINVAL, "strndup: -EINVAL if it is too long");
	is(PTR_ERR(fsn_strndup_user(ABSENT, 5)), -EFAULT, "strndup: -EFAULT");
	fsn_fail_alloc(0, 2);
	is(PTR_ERR(fsn_memdup_user(READABLE, 6)), -ENOMEM, "memdup: -ENOMEM");
	is(PTR_ERR(fsn_strndup_user(READABLE, 6)), -ENOMEM, "strndup: -ENOMEM");
	fsn_fail_alloc(0, 0);
}

/* Files whose callbacks copy to and from the buffer of the system call, and beside it. */
static char elsewhere[16];

static ssize_t reads(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	(void)file, (void)pos;
	if (copy_to_user(elsewhere, "outside", 8) || copy_to_user(ABSENT, "outside", 8) != 8)
		return -EIO;
	if (copy_to_user(buf, from, count))
		return -EFAULT;
	return (ssize_t)count;
}

static ssize_t writes(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	(void)file, (void)pos;
	/* its buffer is there to be read only */
	if (copy_to_user((char __user *)READABLE, "x", 1) != 1 || copy_to_user(elsewhere, "outside", 8))
		return -EIO;
	if (copy_from_user(to, buf, count))
		return -EFAULT;
	return (ssize_t)count;
}

static const struct file_operations fops = { .read = reads, .write = writes };

static void inside_calls(void)
{
	int fd = anon_inode_getfd("[test]", &fops, NULL, O_RDWR);
	char *large = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ok(fd >= 0, "call: a file");
	is(fsn_sys_read(fd, WRITABLE, PAGE), PAGE, "read: a buffer that is there");
	is(WRITABLE[PAGE - 1], 'x', "read: is filled");
	is_str(elsewhere, "outside", "read: other memory is written, too");
	is(fsn_sys_read(fd, WRITABLE, PAGE + 1), -EFAULT, "read: -EFAULT for a buffer that is not there as a whole");
	is(fsn_sys_read(fd, READABLE, 1), -EFAULT, "read: -EFAULT where only reading is allowed");
	is(fsn_sys_read(fd, NULL, 1), -EFAULT, "read: -EFAULT for NULL");
	is(fsn_sys_read(fd, (void *)(1UL << 47), 1), -EFAULT, "read: -EFAULT for a kernel's address");
	is(fsn_sys_read(fd, large, 3 * PAGE), 3 * PAGE, "read: more than a page");
	munmap(large + 20 * PAGE, PAGE);
	is(fsn_sys_write(fd, READABLE, 6), 6, "write: a buffer that can be read");
	is_str(to, "there", "write: is read");
	is(fsn_sys_write(fd, ABSENT, 1), -EFAULT, "write: -EFAULT for what is not there");
	is(fsn_sys_write(fd, ABSENT - 1, 2), -EFAULT, "write: -EFAULT for what is not there as a whole");
	fsn_sys_close(fd);
	munmap(large, 64 * PAGE);
}

/* Asking may not change what is there: not even while another thread counts in the same memory. */
static int counting = 1;
static unsigned long counted;

static void *counts(void *counter)
{
	while (peek(counting)) {
		++*(volatile unsigned long *)counter;
		counted++;
	}
	return NULL;
}

static void asking_changes_nothing(void)
{
	unsigned long *counter = (unsigned long *)WRITABLE;
	pthread_t thread;
	int faults = 0;

	*counter = 0;
	pthread_create(&thread, NULL, counts, counter);
	for (int n = 0; n < 20000; n++)
		faults += put_user(n, (int *)(WRITABLE + 64)) || copy_to_user(READABLE - 64, from, 128) != 64;
	put_value(counting, 0);
	pthread_join(thread, NULL);
	is(faults, 0, "asking: the answer is always the same");
	ok(*counter == counted, "asking: changes nothing that another thread counts in");
}

int main(void)
{
	tests_begin();
	pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(READABLE, "there");
	mprotect(READABLE, PAGE, PROT_READ);
	munmap(ABSENT, 2 * PAGE);
	copies();
	words();
	strings();
	structs();
	inside_calls();
	asking_changes_nothing();
	return tests_end();
}
