/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that makes a mistake with an object, which a checker of memory must see: mistakes after-free|leak|kept */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fsnotify/fsnotify.h>

enum { SIZE = 72, HEADER = 16 };

static void *volatile object;

static void *another(void)
{
	return fsn_kmalloc(SIZE, FSN_GFP_KERNEL);
}

int main(int argc, char **argv)
{
	const char *mistake = argc > 1 ? argv[1] : "";
	void *block;

	object = another();
	memset(object, 1, SIZE);
	fsn_kfree(object);
	if (strcmp(mistake, "after-free") == 0)
		return *(volatile char *)object + 10;
	if (strcmp(mistake, "leak") == 0) {
		/* a pointer that is left where freed memory is kept hides it */
		object = another();
		object = NULL;
		return 0;
	}
	/* malloc gives out again what it got last */
	block = malloc(SIZE + HEADER);
	puts(block == (char *)object - HEADER ? "malloc's" : "kept");
	free(block);
	return 0;
}
