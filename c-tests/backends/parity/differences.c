// SPDX-License-Identifier: GPL-2.0-or-later
#include "differences.h"
#include "script.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct allowed *allowed;
size_t n_allowed;

void transcript_take(struct transcript *transcript, char *text, int status)
{
	size_t room = 1;
	char *line, *rest;

	free(transcript->text);
	free(transcript->lines);
	for (const char *at = text; *at; at++)
		room += *at == '\n';
	transcript->text = text;
	transcript->lines = must(malloc((room + 1) * sizeof(*transcript->lines)));
	transcript->len = 0;
	transcript->status = status;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		transcript->lines[transcript->len++] = line;
}

static bool matches(const regex_t *pattern, const char *line)
{
	return regexec(pattern, line, 0, NULL, 0) == 0;
}

/* The entry for two lines, of which one or the other may be missing. */
static struct allowed *find(const char *operation, const char *kernel, const char *library)
{
	for (size_t i = 0; i < n_allowed; i++)
		if (matches(&allowed[i].operation, operation ? operation : "") &&
		    (!allowed[i].has_kernel || (kernel && matches(&allowed[i].kernel, kernel))) &&
		    (!allowed[i].has_library || (library && matches(&allowed[i].library, library))))
			return &allowed[i];
	return NULL;
}

/* The first line names the world and is not compared. */
bool transcripts_differ(const struct transcript *kernel, const struct transcript *library, struct difference *difference)
{
	size_t i = 1, j = 1;

	difference->operation = NULL;
	while (i < kernel->len || j < library->len) {
		const char *ours = i < kernel->len ? kernel->lines[i] : NULL;
		const char *theirs = j < library->len ? library->lines[j] : NULL;
		struct allowed *entry;

		if (ours && theirs && strcmp(ours, theirs) == 0) {
			if (ours[0] != ' ')
				difference->operation = ours;
			i++;
			j++;
			continue;
		}
		entry = find(difference->operation, ours, theirs);
		if (!entry)
			break;
		entry->needed = true;
		i += entry->has_kernel;
		j += entry->has_library;
	}
	difference->at[0] = i;
	difference->at[1] = j;
	return i < kernel->len || j < library->len || kernel->status || library->status;
}

static void compile(regex_t *pattern, const char *text, const char *file, int number)
{
	char whole[4096], why[256];
	int error;

	snprintf(whole, sizeof(whole), "^ *(%s)$", text);
	error = regcomp(pattern, whole, REG_EXTENDED | REG_NOSUB);
	if (!error)
		return;
	regerror(error, pattern, why, sizeof(why));
	fprintf(stderr, "%s:%d: %s: %s\n", file, number, text, why);
	exit(2);
}

/* Six columns with tabs between: backend, kernels, operation, the kernel's line, the library's line, cause. */
void differences_read(const char *file, const char *backend, const char *release)
{
	FILE *in = must(fopen(file, "r"));
	char text[8192];
	int number = 0;

	while (fgets(text, sizeof(text), in)) {
		char *column[6], *rest = text;
		struct allowed *entry;
		int n = 0;

		number++;
		text[strcspn(text, "\n")] = 0;
		if (!text[0] || text[0] == '#')
			continue;
		while (n < 6 && (column[n] = strsep(&rest, "\t")))
			n++;
		if (n != 6 || rest) {
			fprintf(stderr, "%s:%d: not six columns\n", file, number);
			exit(2);
		}
		if (strcmp(column[0], backend) != 0 || fnmatch(column[1], release, 0) != 0)
			continue;
		allowed = must(realloc(allowed, (n_allowed + 1) * sizeof(*allowed)));
		entry = &allowed[n_allowed++];
		memset(entry, 0, sizeof(*entry));
		compile(&entry->operation, column[2], file, number);
		entry->has_kernel = strcmp(column[3], "-") != 0;
		entry->has_library = strcmp(column[4], "-") != 0;
		if (!entry->has_kernel && !entry->has_library) {
			fprintf(stderr, "%s:%d: no line that differs\n", file, number);
			exit(2);
		}
		if (entry->has_kernel)
			compile(&entry->kernel, column[3], file, number);
		if (entry->has_library)
			compile(&entry->library, column[4], file, number);
		entry->cause = must(strdup(column[5]));
	}
	fclose(in);
}
