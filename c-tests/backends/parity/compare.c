// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carries the same operations out on the machine's own kernel and on the library, and compares the transcripts:
 *
 *	compare BACKEND KERNEL-PROGRAM LIBRARY-PROGRAM DIRECTORY [SEEDS CALLS FIRST-SEED [ENTRIES]]
 *
 * First the scenarios of DIRECTORY/BACKEND.scenarios, then SEEDS random sequences of about CALLS operations. A difference that
 * no entry of DIRECTORY/differences allows is shortened until no operation can be left out, and shown with its seed.
 * Prints TAP. ENTRIES=no does not ask for each entry of the table to be needed; PARITY_SHOWN=0 in the environment shortens and
 * shows none of the differences.
 */
#define _GNU_SOURCE
#include "differences.h"
#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds for which a difference may be shortened, and how many are shown before the rest only counts. */
#define PATIENCE	30
#define SHOWN		8
/* The scenarios of a backend are at least so many different operations. */
#define OPERATIONS	150

static const char *backend, *programs[2];
static struct transcript transcripts[2];
static int n_tests, n_failed, n_shown;

__attribute__((__format__(__printf__, 2, 3)))
static bool test(bool good, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("%sok %d - %s: %s\n", good ? "" : "not ", ++n_tests, backend, text);
	n_failed += !good;
	fflush(stdout);
	return good;
}

/* ---- running ---- */

struct child {
	pid_t pid;
	int out;
};

static struct child start(const char *program, int in)
{
	struct child child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0 || (child.pid = fork()) < 0) {
		perror("compare");
		exit(2);
	}
	if (!child.pid) {
		dup2(in, STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		execl(program, program, (char *)NULL);
		perror(program);
		_exit(127);
	}
	close(ends[1]);
	child.out = ends[0];
	return child;
}

static void finish(struct child child, struct transcript *transcript)
{
	size_t len = 0, room = 1 << 16;
	char *text = must(malloc(room));
	int status;
	ssize_t n;

	while ((n = read(child.out, text + len, room - len - 1)) > 0 || (n < 0 && errno == EINTR)) {
		len += n > 0 ? (size_t)n : 0;
		if (room - len < 4096) {
			room *= 2;
			text = must(realloc(text, room));
		}
	}
	text[len] = 0;
	close(child.out);
	waitpid(child.pid, &status, 0);
	transcript_take(transcript, text, status);
}

/* A file with the operations, opened twice. */
static int written(const struct script *script)
{
	int fd = memfd_create("operations", MFD_CLOEXEC);
	FILE *out = must(fd < 0 ? NULL : fdopen(dup(fd), "w"));

	for (size_t i = 0; i < script->len; i++) {
		char text[OP_LINE];

		op_print(&script->ops[i], text, sizeof(text));
		fprintf(out, "%s\n", text);
	}
	if (fclose(out) != 0) {
		perror("compare");
		exit(2);
	}
	return fd;
}

static void run(const struct script *script)
{
	int in = written(script);
	struct child children[2];

	for (int i = 0; i < 2; i++) {
		char file[32];
		int own;

		/* An offset of its own. */
		snprintf(file, sizeof(file), "/proc/self/fd/%d", in);
		own = open(file, O_RDONLY | O_CLOEXEC);
		children[i] = start(programs[i], own);
		close(own);
	}
	for (int i = 0; i < 2; i++)
		finish(children[i], &transcripts[i]);
	close(in);
}

static bool differ(const struct script *script, struct difference *difference)
{
	run(script);
	return transcripts_differ(&transcripts[0], &transcripts[1], difference);
}

/* ---- shortening ---- */

/* Whether a difference is in the same kind of operation: a sequence that shows another is no shorter form of this one. */
static bool alike(const char *operation, const struct difference *difference)
{
	size_t len = strcspn(operation, " ");

	return difference->operation ? strncmp(operation, difference->operation, len + 1) == 0 : !*operation;
}

/* @operation: what the difference is in, or "". */
static void shorten(struct script *script, const char *operation)
{
	struct script tried = { .ops = must(malloc((script->len + 1) * sizeof(struct op))) };
	time_t stop = time(NULL) + PATIENCE;
	size_t piece = script->len / 2;
	struct difference difference;

	while (piece && script->len > 1 && time(NULL) < stop) {
		bool shorter = false;

		for (size_t from = 0; from < script->len && time(NULL) < stop;) {
			size_t len = piece < script->len - from ? piece : script->len - from;

			tried.len = script->len - len;
			memcpy(tried.ops, script->ops, from * sizeof(struct op));
			memcpy(tried.ops + from, script->ops + from + len, (tried.len - from) * sizeof(struct op));
			if (tried.len && differ(&tried, &difference) && alike(operation, &difference)) {
				memcpy(script->ops, tried.ops, tried.len * sizeof(struct op));
				script->len = tried.len;
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
	free(tried.ops);
}

static void show_side(const char *who, const struct transcript *transcript, size_t from)
{
	printf("# %s:", who);
	if (WIFSIGNALED(transcript->status))
		printf(" (ended by signal %d)", WTERMSIG(transcript->status));
	else if (WEXITSTATUS(transcript->status))
		printf(" (exit status %d)", WEXITSTATUS(transcript->status));
	printf("\n");
	for (size_t i = from; i < transcript->len && i < from + 8; i++)
		printf("#     | %s\n", transcript->lines[i]);
}

/* The shortest form of a difference: its operations, and what each side says. */
static void show(struct script *script, const struct difference *found)
{
	char operation[OP_LINE * 2];
	struct difference difference;

	if (n_shown++ >= (getenv("PARITY_SHOWN") ? atoi(getenv("PARITY_SHOWN")) : SHOWN))
		return;
	snprintf(operation, sizeof(operation), "%s", found->operation ? found->operation : "");
	shorten(script, operation);
	if (!differ(script, &difference)) {
		printf("# the difference does not come every time\n");
		return;
	}
	printf("# the shortest form, %zu operations:\n", script->len);
	for (size_t i = 0; i < script->len; i++) {
		char text[OP_LINE];

		op_print(&script->ops[i], text, sizeof(text));
		printf("#     %s\n", text);
	}
	if (difference.operation)
		printf("# they differ in what %s gives\n", difference.operation);
	show_side("the kernel", &transcripts[0], difference.at[0]);
	show_side("the library", &transcripts[1], difference.at[1]);
}

/* ---- the whole ---- */

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How many different operations there are. */
static size_t count_operations(const struct scripts *all)
{
	size_t len = 0, room = 0, different = 0;
	char **lines = NULL;

	for (size_t i = 0; i < all->len; i++)
		for (size_t j = 0; j < all->script[i].len; j++) {
			char text[OP_LINE];

			if (len == room) {
				room = room ? 2 * room : 256;
				lines = must(realloc(lines, room * sizeof(*lines)));
			}
			op_print(&all->script[i].ops[j], text, sizeof(text));
			lines[len++] = must(strdup(text));
		}
	qsort(lines, len, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < len; i++)
		different += i == 0 || strcmp(lines[i], lines[i - 1]) != 0;
	for (size_t i = 0; i < len; i++)
		free(lines[i]);
	free(lines);
	return different;
}

static void scenarios(const char *file)
{
	struct scripts all = scripts_read(file);
	size_t operations = count_operations(&all);

	for (size_t i = 0; i < all.len; i++) {
		struct difference difference;

		if (!test(!differ(&all.script[i], &difference), "%s", all.script[i].name))
			show(&all.script[i], &difference);
	}
	test(operations >= OPERATIONS, "%zu scenarios with %zu different operations", all.len, operations);
	scripts_free(&all);
}

static void random_sequences(unsigned long seeds, unsigned long calls, unsigned long first)
{
	unsigned long same = 0;

	for (unsigned long seed = first; seed < first + seeds; seed++) {
		struct script script = { .len = 0 };
		struct difference difference;

		if (!script_draw(&script, backend, seed, calls)) {
			fprintf(stderr, "compare: nothing to draw for %s\n", backend);
			exit(2);
		}
		if (differ(&script, &difference)) {
			test(false, "seed %lu of %lu operations", seed, calls);
			show(&script, &difference);
		} else {
			same++;
		}
		free(script.ops);
	}
	if (same)
		test(true, "%lu random sequences of %lu operations from seed %lu on are the same", same, calls, first);
}

/* What a backend is asked for first: where it is refused, it cannot be compared. */
static const struct {
	const char *backend, *operations[2];
} probes[] = {
	{ "inotify", { "init i0 0" } },
	{ "dnotify", { "open f0 m O_DIRECTORY", "notify f0 DN_CREATE" } },
	{ "fanotify", { "fan-init i0 FAN_CLASS_CONTENT O_RDONLY", "fan-mark i0 FAN_MARK_ADD|FAN_MARK_FILESYSTEM FAN_OPEN_PERM m" } },
};

/* Why a side cannot be compared, or NULL. */
static const char *refusal(const struct transcript *transcript)
{
	static char why[OP_LINE * 2];

	if (transcript->status)
		return transcript->len ? transcript->lines[0] : "it does not begin";
	for (size_t i = 1; i < transcript->len && strcmp(transcript->lines[i], "end") != 0; i++)
		if (strncmp(transcript->lines[i], "    = E", 7) == 0) {
			snprintf(why, sizeof(why), "%s gives %s", transcript->lines[i - 1], transcript->lines[i] + 6);
			return why;
		}
	return NULL;
}

/* Whether both worlds have the backend for us, and the line that names each. */
static bool worlds(void)
{
	struct script probe = { .len = 0 };

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		for (int n = 0; n < 2 && probes[i].operations[n] && strcmp(probes[i].backend, backend) == 0; n++) {
			char why[OP_LINE];
			struct op op;

			if (!op_parse(probes[i].operations[n], &op, why, sizeof(why)))
				abort();
			script_append(&probe, &op);
		}
	run(&probe);
	free(probe.ops);
	for (int i = 0; i < 2; i++) {
		const char *why = refusal(&transcripts[i]), *who = i ? "the library" : "the kernel";

		if (!why) {
			printf("# %s: %s\n", who, transcripts[i].lines[0] + 2);
			continue;
		}
		if (i == 0 && !WIFSIGNALED(transcripts[i].status) && strcmp(getenv("CI") ?: "", "true") != 0) {
			printf("1..0 # SKIP parity of %s: not to be had from this kernel: %s\n", backend, why);
			return false;
		}
		test(false, "%s has it for us: %s", who, why);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct utsname name;
	char file[4096];

	if (argc < 5) {
		fprintf(stderr, "usage: compare BACKEND KERNEL LIBRARY DIRECTORY [SEEDS CALLS FIRST-SEED [ENTRIES]]\n");
		return 2;
	}
	backend = argv[1];
	programs[0] = argv[2];
	programs[1] = argv[3];
	uname(&name);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!worlds()) {
		if (n_failed)
			printf("1..%d\n", n_tests);
		return n_failed != 0;
	}
	snprintf(file, sizeof(file), "%s/differences", argv[4]);
	differences_read(file, backend, name.release);
	snprintf(file, sizeof(file), "%s/%s.scenarios", argv[4], backend);
	scenarios(file);
	random_sequences(argc > 5 ? strtoul(argv[5], NULL, 0) : 0, argc > 6 ? strtoul(argv[6], NULL, 0) : 60,
			 argc > 7 ? strtoul(argv[7], NULL, 0) : 1);
	if (argc <= 8 || strcmp(argv[8], "no") != 0)
		for (size_t i = 0; i < n_allowed; i++)
			test(allowed[i].needed, "the table's entry is needed: %s", allowed[i].cause);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
