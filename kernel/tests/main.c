/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Init of the kernel under test, or an ordinary program (then it needs root): mounts what the tests need, runs the groups of
 * checks named in its arguments (all but those that must be asked for, if none is), prints TAP, and powers off if it is init.
 */
#include "tests.h"

#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/utsname.h>

#define GROUPS(entry) \
	entry(inotify, true) \
	entry(dnotify, true) \
	entry(fanotify, true) \
	entry(group, true) \
	entry(charges, true) \
	entry(failures, true) \
	entry(leaks, true) \
	entry(latency, false) \
	entry(concurrent, false)

#define DECLARE(name, by_default) void test_##name(void);
GROUPS(DECLARE)

#define ENTRY(name, by_default) { #name, test_##name, by_default },
static const struct {
	const char *name;
	void (*run)(void);
	bool by_default;
} groups[] = { GROUPS(ENTRY) };

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static int n_checks, n_failed;
static char place[64];

bool check(bool condition, const char *description, ...)
{
	va_list args;

	n_checks++;
	n_failed += !condition;
	printf("%s %d - ", condition ? "ok" : "not ok", n_checks);
	va_start(args, description);
	vprintf(description, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return condition;
}

void note(const char *text, ...)
{
	va_list args;

	printf("# ");
	va_start(args, text);
	vprintf(text, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static void finish(void)
{
	printf("1..%d\n# %d passed, %d failed\n", n_checks, n_checks - n_failed, n_failed);
	fflush(stdout);
	if (getpid() == 1) {
		sync();
		/* END=restart: for a machine that cannot be switched off. */
		reboot(getenv("END") ? RB_AUTOBOOT : RB_POWER_OFF);
	}
	exit(n_failed != 0);
}

void must(bool condition, const char *what)
{
	if (condition)
		return;
	check(false, "%s: %s", what, strerror(errno));
	finish();
}

const char *workdir(void)
{
	return place;
}

const char *value_of(const char *path)
{
	static char line[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	line[length < 0 ? 0 : length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return line;
}

bool set_value(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return written;
}

long number_of(const char *path, const char *key)
{
	char line[256];
	long number = -1;
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			number = strtol(line + strlen(key) + strspn(line + strlen(key), ": \t"), NULL, 10);
	if (file)
		fclose(file);
	return number;
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

pid_t child(int (*run)(void *), void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid)
		_exit(run(arg));
	return pid;
}

int joined(pid_t pid)
{
	int status = 0;
	pid_t ended = 0;

	if (!within((ended = waitpid(pid, &status, WNOHANG)) != 0)) {
		/* It may be stuck for good; whoever is asked to wait for it would be, too. */
		kill(pid, SIGKILL);
		return -1;
	}
	return ended == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_debug_kernel(void)
{
	return access("/sys/kernel/debug/kmemleak", F_OK) == 0;
}

bool is_series(const char *series)
{
	struct utsname name;

	uname(&name);
	return !strncmp(name.release, series, strlen(series)) && strchr(".-", name.release[strlen(series)]);
}

static void mount_what_is_needed(void)
{
	if (getpid() != 1)
		return;
	must(!mount("proc", "/proc", "proc", 0, NULL), "mount /proc");
	must(!mount("sys", "/sys", "sysfs", 0, NULL), "mount /sys");
	must(!mount("dev", "/dev", "tmpfs", 0, NULL), "mount /dev");
	mknod("/dev/null", S_IFCHR | 0666, (1 << 8) | 3);
	mount("debug", "/sys/kernel/debug", "debugfs", 0, NULL);
	must(!mount("tests", "/tmp", "tmpfs", 0, NULL), "mount /tmp");
}

/* 6.1's User-Mode Linux walks a process's mappings without their lock when it forks, which a debug kernel tells once. */
static bool is_of_6_1_itself(const char *complaint)
{
	static const char usage[] = "WARNING: suspicious RCU usage", place[] = "lib/maple_tree.c:";
	const char *at = strstr(complaint, place);

	return is_series("6.1") && !strncmp(complaint, usage, sizeof(usage) - 1) && at && at - complaint < 200;
}

/* The first complaint of a kind that is not of that. */
static const char *complaint_of(const char *messages, const char *kind)
{
	const char *found = strstr(messages, kind);

	while (found && is_of_6_1_itself(found))
		found = strstr(found + 1, kind);
	return found;
}

/* Has the kernel complained? Told once: the messages are cleared. */
static bool has_complained(void)
{
	static const char *const complaints[] = { "BUG: ", "WARNING: ", "KASAN: ", "refcount_t: ", "corruption", "Oops" };
	static char messages[1 << 20];
	const char *found = NULL;
	int length = klogctl(4 /* read and clear */, messages, sizeof(messages) - 1);

	messages[length < 0 ? 0 : length] = '\0';
	for (unsigned int i = 0; !found && i < sizeof(complaints) / sizeof(complaints[0]); i++)
		found = complaint_of(messages, complaints[i]);
	if (found)
		note("the kernel: %.*s", (int)strcspn(found, "\n"), found);
	return found;
}

static void run(unsigned int i)
{
	snprintf(place, sizeof(place), "/tmp/%s", groups[i].name);
	must(!mkdir(place, 0755) && !chdir(place), place);
	note("%s", groups[i].name);
	groups[i].run();
	must(!chdir("/"), "chdir /");
	if (getpid() == 1)
		check(!has_complained(), "the kernel has nothing to report");
}

static bool is_asked_for(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	bool any = false;

	if (argc == 3 && !strcmp(argv[1], "--after-exec"))
		return after_exec(argv[2]);
	mount_what_is_needed();
	for (unsigned int i = 0; i < N_GROUPS; i++)
		any |= is_asked_for(groups[i].name, argc, argv);
	for (unsigned int i = 0; i < N_GROUPS; i++)
		if (any ? is_asked_for(groups[i].name, argc, argv) : groups[i].by_default)
			run(i);
	finish();
}
