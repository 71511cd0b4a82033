// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock words from C: inline fast paths against the library's slow paths, static initialisers, zeroed memory, counters,
 * reference counts with their warnings, and locks in a forked child.
 */
#include <fsnotify/fsnotify.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define THREADS 8
#define ROUNDS 20000

static FSN_DEFINE_SPINLOCK(spin);
static FSN_DEFINE_MUTEX(sleeping);
static FSN_DEFINE_RWLOCK(rw);
static FSN_DECLARE_RWSEM(sem);
static spinlock_t zeroed_spin;
static struct mutex zeroed_mutex;

/* Each is touched only under its lock. */
static long counts[6];

static void *worker(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned long flags;

		fsn_spin_lock_irqsave(&spin, flags);
		counts[0]++;
		fsn_spin_unlock_irqrestore(&spin, flags);

		fsn_mutex_lock(&sleeping);
		counts[1]++;
		if (i % 64 == 0)
			sched_yield();
		fsn_mutex_unlock(&sleeping);

		fsn_write_lock(&rw);
		counts[2]++;
		fsn_write_unlock(&rw);
		fsn_read_lock(&rw);
		if (counts[2] <= 0)
			abort();
		fsn_read_unlock(&rw);

		fsn_down_write(&sem);
		counts[3]++;
		fsn_downgrade_write(&sem);
		if (counts[3] <= 0)
			abort();
		fsn_up_read(&sem);

		while (!fsn_spin_trylock(&zeroed_spin))
			sched_yield();
		counts[4]++;
		fsn_spin_unlock(&zeroed_spin);

		fsn_mutex_lock(&zeroed_mutex);
		counts[5]++;
		fsn_mutex_unlock(&zeroed_mutex);
	}
	return arg;
}

static void test_exclusion(void)
{
	static const char *const names[] = {
		"spinlock", "mutex", "rwlock", "rw_semaphore", "zeroed spinlock by trylock", "zeroed mutex"
	};
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, worker, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 6; i++)
		ok(counts[i] == (long)THREADS * ROUNDS, "%s: %ld of %ld", names[i], counts[i], (long)THREADS * ROUNDS);
	ok(!fsn_spin_is_locked(&spin) && !fsn_spin_is_contended(&spin) && !fsn_mutex_is_locked(&sleeping) &&
	   rw.word == 0 && !fsn_rwsem_is_locked(&sem), "all locks are free again, and nobody waits");
}

/* The whole set of a mutex's waiters comes through. */
static void *wait_once(void *arg)
{
	fsn_mutex_lock((struct mutex *)arg);
	fsn_mutex_unlock((struct mutex *)arg);
	return NULL;
}

static void test_wake_ups(void)
{
	struct mutex lock;
	pthread_t threads[THREADS];
	int i, round;

	fsn_mutex_init(&lock);
	for (round = 0; round < 100; round++) {
		fsn_mutex_lock(&lock);
		for (i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, wait_once, &lock);
		while (!(fsn_atomic_long_read(&lock.owner) & FSN_PARKED))
			usleep(100);
		fsn_mutex_unlock(&lock);
		for (i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
	ok(!fsn_mutex_is_locked(&lock) && fsn_atomic_long_read(&lock.owner) == 0, "every waiter was woken");
}

static int warnings;
static char warned[64];

static void note(void *arg, int level, const char *function, const char *message)
{
	(void)arg;
	(void)level;
	(void)message;
	warnings++;
	snprintf(warned, sizeof(warned), "%s", function);
}

static void test_asserts(void)
{
	spinlock_t lock = FSN_SPIN_LOCK_UNLOCKED;

	fsn_set_log(note, NULL);
	warnings = 0;
	fsn_spin_lock(&lock);
	fsn_read_lock(&rw);
	fsn_down_read(&sem);
	fsn_mutex_lock(&sleeping);
	fsn_assert_spin_locked(&lock);
	fsn_lockdep_assert_held(&lock);
	fsn_lockdep_assert_held(&rw);
	fsn_lockdep_assert_held(&sem);
	fsn_lockdep_assert_held(&sleeping);
	ok(warnings == 0, "no warning for a lock that is held");
	fsn_spin_unlock(&lock);
	fsn_read_unlock(&rw);
	fsn_up_read(&sem);
	fsn_mutex_unlock(&sleeping);
	fsn_assert_spin_locked(&lock);
	fsn_lockdep_assert_held(&lock);
	fsn_lockdep_assert_held(&rw);
	fsn_lockdep_assert_held(&sem);
	fsn_lockdep_assert_held(&sleeping);
	ok(warnings == 5 && !strcmp(warned, "test_asserts"), "a warning for each that is not, with our name: %d, %s",
	   warnings, warned);
	fsn_set_log(NULL, NULL);
}

static bool saturates(int start, const char *function, int (*operation)(refcount_t *r))
{
	refcount_t r = FSN_REFCOUNT_INIT(0);
	int result;

	fsn_refcount_set(&r, start);
	warnings = 0;
	result = operation(&r);
	fsn_refcount_inc(&r);
	fsn_refcount_dec(&r);
	return result && warnings == 1 && !strcmp(warned, function) &&
	       (int)fsn_refcount_read(&r) == FSN_REFCOUNT_SATURATED;
}

static int inc(refcount_t *r)
{
	fsn_refcount_inc(r);
	return 1;
}

static int inc_not_zero(refcount_t *r)
{
	return fsn_refcount_inc_not_zero(r);
}

static int dec_and_test(refcount_t *r)
{
	return !fsn_refcount_dec_and_test(r);
}

static int dec(refcount_t *r)
{
	fsn_refcount_dec(r);
	return 1;
}

static int dec_not_one(refcount_t *r)
{
	return fsn_refcount_dec_not_one(r);
}

static void test_refcount(void)
{
	refcount_t r = FSN_REFCOUNT_INIT(1);

	fsn_set_log(note, NULL);
	warnings = 0;
	fsn_refcount_inc(&r);
	ok(!fsn_refcount_dec_and_lock(&r, &spin) && !fsn_spin_is_locked(&spin), "not the last reference: no lock");
	ok(fsn_refcount_dec_and_lock(&r, &spin) && fsn_spin_is_locked(&spin), "the last one: under the lock");
	fsn_spin_unlock(&spin);
	ok(!fsn_refcount_inc_not_zero(&r) && fsn_refcount_read(&r) == 0 && warnings == 0, "none is taken from zero");
	ok(saturates(0, "refcount_inc", inc), "inc on zero saturates and warns once");
	ok(saturates(INT_MAX, "refcount_inc", inc), "so does an overflow");
	ok(saturates(INT_MAX, "refcount_inc_not_zero", inc_not_zero), "also of inc_not_zero");
	ok(saturates(0, "refcount_dec_and_test", dec_and_test), "a put too many");
	ok(saturates(1, "refcount_dec", dec), "dec to zero");
	ok(saturates(0, "refcount_dec_and_test", dec_not_one), "dec_not_one of zero");
	fsn_set_log(NULL, NULL);
}

static void test_atomics(void)
{
	atomic_t a = FSN_ATOMIC_INIT(1);
	atomic_long_t l = FSN_ATOMIC_LONG_INIT(0);
	atomic64_t b = FSN_ATOMIC64_INIT(0);
	unsigned long bits[3] = { 0, 0, 0 };
	void *pointer = NULL;
	int old = 5;

	ok(fsn_atomic_inc_return(&a) == 2 && fsn_atomic_fetch_add(3, &a) == 2 && fsn_atomic_sub_return(4, &a) == 1 &&
	   fsn_atomic_dec_and_test(&a), "arithmetic returns the new or the old value as its name says");
	ok(!fsn_atomic_inc_not_zero(&a) && !fsn_atomic_add_unless(&a, 1, 0) && fsn_atomic_add_unless(&a, 7, 1) &&
	   fsn_atomic_inc_not_zero(&a) && fsn_atomic_read(&a) == 8, "conditional additions");
	ok(fsn_atomic_cmpxchg(&a, 8, 9) == 8 && fsn_atomic_cmpxchg(&a, 8, 10) == 9 && fsn_atomic_xchg(&a, 3) == 9 &&
	   !fsn_atomic_try_cmpxchg(&a, &old, 4) && old == 3 && fsn_atomic_dec_if_positive(&a) == 2, "exchanges");
	fsn_atomic_set(&a, 0x0f);
	fsn_atomic_and(0x3c, &a);
	fsn_atomic_or(0x01, &a);
	fsn_atomic_xor(0x05, &a);
	fsn_atomic_andnot(0x08, &a);
	ok(fsn_atomic_read(&a) == 0, "bit operations: %x", (unsigned int)fsn_atomic_read(&a));
	fsn_atomic_long_add(1L << 40, &l);
	fsn_atomic64_sub(1LL << 40, &b);
	ok(fsn_atomic_long_dec_return(&l) == (1L << 40) - 1 && fsn_atomic64_add_negative(1, &b) &&
	   fsn_atomic64_read(&b) == 1 - (1LL << 40), "the wide counters");
	fsn_set_bit(1, bits);
	fsn_set_bit(130, bits);
	ok(bits[0] == 2 && bits[1] == 0 && bits[2] == 4 && fsn_test_and_set_bit(130, bits) &&
	   !fsn_test_and_set_bit(64, bits) && fsn_test_and_clear_bit(64, bits) && !fsn_test_bit(64, bits), "bits");
	fsn_clear_bit(1, bits);
	ok(bits[0] == 0, "a cleared bit");
	ok(fsn_cmpxchg(&pointer, NULL, (void *)&a) == NULL && fsn_cmpxchg(&pointer, NULL, (void *)&l) == (void *)&a &&
	   fsn_xchg(&pointer, NULL) == (void *)&a && !pointer, "exchanges of a plain pointer");
}

static atomic_t stop;

static void *hammer(void *arg)
{
	while (!fsn_atomic_read(&stop)) {
		fsn_mutex_lock(&sleeping);
		sched_yield();
		fsn_mutex_unlock(&sleeping);
	}
	return arg;
}

static void test_fork(void)
{
	pthread_t threads[4];
	int i, good = 0;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, hammer, NULL);
	for (i = 0; i < 100; i++) {
		pid_t pid;
		int status;

		/* held by us, so that the child may release it */
		fsn_mutex_lock(&sleeping);
		pid = fork();
		if (pid == 0) {
			alarm(20);
			fsn_mutex_unlock(&sleeping);
			fsn_mutex_lock(&sleeping);
			fsn_mutex_unlock(&sleeping);
			_exit(fsn_mutex_is_locked(&sleeping));
		}
		fsn_mutex_unlock(&sleeping);
		if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			good++;
	}
	fsn_atomic_set(&stop, 1);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ok(good == 100, "%d of 100 children released and took a contended lock that was theirs", good);
}

int main(void)
{
	test_exclusion();
	test_wake_ups();
	test_asserts();
	test_refcount();
	test_atomics();
	test_fork();
	return done_testing();
}
