/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that the kernel's notification files ask about, as they stand here.
 */
#ifndef _FSN_LINUX_KCONFIG_H
#define _FSN_LINUX_KCONFIG_H

#define CONFIG_64BIT 1
#define CONFIG_SMP 1
#define CONFIG_FSNOTIFY 1
#define CONFIG_INOTIFY_USER 1
#define CONFIG_DNOTIFY 1
#define CONFIG_FANOTIFY 1
#define CONFIG_FANOTIFY_ACCESS_PERMISSIONS 1
#define CONFIG_AUDIT 1
#define CONFIG_AUDITSYSCALL 1
#define CONFIG_MEMCG 1
#define CONFIG_SYSCTL 1
#define CONFIG_PROC_FS 1
#define CONFIG_EXPORTFS 1
#define CONFIG_CHECKPOINT_RESTORE 1

/*
 * 1 for an option that is 1, 0 for one that is not defined: the placeholder shifts the 1 into second place.
 */
#define FSN_PLACE_1 0,
#define FSN_SECOND(first, second, ...) second
#define FSN_IS_SET(placed) FSN_SECOND(placed 1, 0, 0)
#define FSN_PLACE(value) FSN_IS_SET(FSN_PLACE_##value)
#define FSN_EXPAND(option) FSN_PLACE(option)
#define IS_ENABLED(option) FSN_EXPAND(option)
#define IS_BUILTIN(option) FSN_EXPAND(option)
#define IS_MODULE(option) 0

#endif /* _FSN_LINUX_KCONFIG_H */
