// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain program and another Rust library in one. */
int other_run(void);
int plain_main(void);

int main(void)
{
	return other_run() || plain_main() || other_run();
}
