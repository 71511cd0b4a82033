// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs random sequences on two programs and compares what they print: compare LIBRARY ORACLE SEEDS CALLS FIRST-SEED
 *
 * A difference is shortened to a sequence of which no call can be left out, and shown with its seed. Ends with
 * "N passed, N failed", where each sequence counts as one; the run fails, too, if something that random sequences are for
 * has not happened in any of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds that one difference may be shortened for: a sequence that hangs takes its time. */
#define PATIENCE 120

struct output {
	char *text;
	size_t len, room;
	int status;
};

struct calls {
	unsigned long *number;
	size_t len;
};

static const char *programs[2];
static unsigned long seed, calls_wanted;
static unsigned long n_runs;

static void *must(void *memory)
{
	if (memory)
		return memory;
	perror("compare");
	exit(2);
}

/* ---- running ---- */

struct child {
	pid_t pid;
	int fd;
};

/* The whole sequence, or the given calls of it. */
static struct child start(const char *program, const struct calls *calls)
{
	size_t n = calls ? calls->len : 0, argc = 0;
	char (*numbers)[24] = must(malloc((n + 3) * sizeof(*numbers)));
	char **argv = must(malloc((n + 5) * sizeof(*argv)));
	struct child child;
	int ends[2];

	argv[argc++] = (char *)program;
	snprintf(numbers[n], sizeof(numbers[n]), "%lu", seed);
	argv[argc++] = numbers[n];
	snprintf(numbers[n + 1], sizeof(numbers[n + 1]), "%lu", calls ? 0 : calls_wanted);
	argv[argc++] = numbers[n + 1];
	for (size_t i = 0; i < n; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%lu", calls->number[i]);
		argv[argc++] = numbers[i];
	}
	argv[argc] = NULL;
	if (pipe(ends) != 0 || (child.pid = fork()) < 0) {
		perror("compare");
		exit(2);
	}
	if (!child.pid) {
		int nowhere = open("/dev/null", O_RDWR);

		dup2(ends[1], STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(program, argv);
		perror(program);
		_exit(127);
	}
	close(ends[1]);
	child.fd = ends[0];
	free(numbers);
	free(argv);
	return child;
}

static void finish(struct child child, struct output *output)
{
	ssize_t n;

	output->len = 0;
	do {
		if (output->room - output->len < 1 << 16) {
			output->room += 1 << 18;
			output->text = must(realloc(output->text, output->room));
		}
		n = read(child.fd, output->text + output->len, output->room - output->len - 1);
		if (n > 0)
			output->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	output->text[output->len] = 0;
	close(child.fd);
	waitpid(child.pid, &output->status, 0);
}

static struct output outputs[2];

/* Runs a sequence on both; says whether they differ, or end as they should not. */
static bool differ(const struct calls *calls)
{
	struct child first = start(programs[0], calls), second = start(programs[1], calls);

	finish(first, &outputs[0]);
	finish(second, &outputs[1]);
	n_runs++;
	return outputs[0].status != 0 || outputs[1].status != 0 || outputs[0].len != outputs[1].len ||
	       memcmp(outputs[0].text, outputs[1].text, outputs[0].len) != 0;
}

/* ---- shortening ---- */

/* The call in which the outputs begin to differ; calls after it have nothing to do with that. */
static unsigned long first_call_that_differs(void)
{
	const char *a = outputs[0].text, *b = outputs[1].text;
	unsigned long call = 0;

	for (; *a && *a == *b; a++, b++)
		if (*a == '\n' && a[1] == '#' && b[1] == '#' && a[2] >= '0' && a[2] <= '9')
			call = strtoul(a + 2, NULL, 10);
		else if (*a == '\n' && a[1] == '#' && a[2] == 'e')
			return calls_wanted;
	return call;
}

/* Leaves out ever smaller pieces while the difference stays, until no single call can be left out. */
static void shorten(struct calls *calls)
{
	struct calls tried = { .number = must(malloc((calls->len + 1) * sizeof(unsigned long))) };
	size_t piece = calls->len / 2;
	time_t stop = time(NULL) + PATIENCE;

	while (piece && calls->len > 1 && time(NULL) < stop) {
		bool shorter = false;

		for (size_t from = 0; from < calls->len && time(NULL) < stop;) {
			size_t len = piece < calls->len - from ? piece : calls->len - from;

			tried.len = calls->len - len;
			memcpy(tried.number, calls->number, from * sizeof(unsigned long));
			memcpy(tried.number + from, calls->number + from + len, (tried.len - from) * sizeof(unsigned long));
			if (tried.len && differ(&tried)) {
				memcpy(calls->number, tried.number, tried.len * sizeof(unsigned long));
				calls->len = tried.len;
				shorter = true;
			} else {
				from += len;
			}
		}
		if (piece > 1)
			piece /= 2;
		else if (!shorter)
			break;
	}
	free(tried.number);
}

static void show_end(const char *who, const struct output *output, size_t from)
{
	const char *line = output->text + from;

	printf("%s:", who);
	if (WIFSIGNALED(output->status))
		printf(" (ended by signal %d)", WTERMSIG(output->status));
	else if (WEXITSTATUS(output->status))
		printf(" (exit status %d)", WEXITSTATUS(output->status));
	printf("\n");
	for (int i = 0; i < 12 && *line; i++) {
		size_t len = strcspn(line, "\n");

		printf("    | %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

/* What both print, then how each goes on. */
static void show(const struct calls *calls)
{
	const char *text = outputs[0].text, *begin = strstr(text, "\n#");
	size_t same = 0;

	while (text[same] && text[same] == outputs[1].text[same])
		same++;
	while (same && text[same - 1] != '\n')
		same--;
	printf("FAIL seed %lu: %zu calls differ:", seed, calls->len);
	for (size_t i = 0; i < calls->len; i++)
		printf(" %lu", calls->number[i]);
	printf("\n");
	for (const char *line = begin ? begin + 1 : text; line < text + same;) {
		size_t len = strcspn(line, "\n");

		printf("      %.*s\n", (int)len, line);
		line += len + 1;
	}
	show_end("library", &outputs[0], same);
	show_end("oracle", &outputs[1], same);
}

static void explain(void)
{
	unsigned long last = first_call_that_differs();
	struct calls calls = { .number = must(malloc((calls_wanted + 1) * sizeof(unsigned long))) };

	while (calls.len < calls_wanted && calls.len <= last) {
		calls.number[calls.len] = calls.len;
		calls.len++;
	}
	if (!differ(&calls)) {
		printf("FAIL seed %lu: differs, but not up to call %lu alone, or not always\n", seed, last);
	} else {
		shorten(&calls);
		differ(&calls);
		show(&calls);
	}
	free(calls.number);
	fflush(stdout);
}

/* ---- what must have happened ---- */

static struct {
	const char *text;
	unsigned long times;
} wanted[] = {
	{ " handle_event ", 0 }, { " handle_inode_event ", 0 }, { "prepare_user_wait 1", 0 }, { "prepare_user_wait 0", 0 },
	{ "finish_user_wait", 0 }, { "freeing_mark ", 0 }, { "free_mark m", 0 }, { "free_group_priv ", 0 }, { "free_event ", 0 },
	{ "merge ", 0 }, { "inserted overflow", 0 }, { " shutdown", 0 }, { " = -17\n", 0 }, { " = -12\n", 0 }, { " = -2\n", 0 },
	{ " ended", 0 }, { "is unmounted", 0 }, { " cut off", 0 }, { " parent watched", 0 }, { " prio 2 ", 0 }, { "fsnotify_move ", 0 },
	{ "fsnotify_destroy_group ", 0 }, { "__fsnotify_parent ", 0 }, { " pins 1", 0 },
};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

static void note(const char *text)
{
	for (size_t i = 0; i < WANTED; i++)
		for (const char *at = text; (at = strstr(at, wanted[i].text)); at++)
			wanted[i].times++;
}

int main(int argc, char **argv)
{
	unsigned long seeds, first, passed = 0, failed = 0;

	if (argc != 6) {
		fprintf(stderr, "usage: compare LIBRARY ORACLE SEEDS CALLS FIRST-SEED\n");
		return 2;
	}
	programs[0] = argv[1];
	programs[1] = argv[2];
	seeds = strtoul(argv[3], NULL, 0);
	calls_wanted = strtoul(argv[4], NULL, 0);
	first = strtoul(argv[5], NULL, 0);
	for (seed = first; seed < first + seeds && failed < 5; seed++) {
		if (differ(NULL)) {
			failed++;
			explain();
			continue;
		}
		passed++;
		note(outputs[0].text);
	}
	for (size_t i = 0; i < WANTED; i++)
		printf("# %10lu times \"%.*s\"\n", wanted[i].times, (int)strcspn(wanted[i].text, "\n"), wanted[i].text);
	for (size_t i = 0; i < WANTED && seeds * calls_wanted >= 100000 && !failed; i++) {
		if (!wanted[i].times) {
			printf("FAIL this has not happened: %s\n", wanted[i].text);
			failed++;
		}
	}
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed != 0;
}
