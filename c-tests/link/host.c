// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads a shared object that has the library inside, runs it, unloads it, and does so again. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int i;

	for (i = 0; i < 2 && argc == 2; i++) {
		void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
		int (*run)(void);

		if (!plugin) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		*(void **)&run = dlsym(plugin, "plugin_main");
		if (!run || run())
			return 1;
		dlclose(plugin);
	}
	return argc != 2;
}
