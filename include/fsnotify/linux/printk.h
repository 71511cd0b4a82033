/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PRINTK_H
#define _FSN_LINUX_PRINTK_H

#include <linux/compiler.h>
#include "../fsn/log.h"

#define KERN_EMERG FSN_KERN_EMERG
#define KERN_ALERT FSN_KERN_ALERT
#define KERN_CRIT FSN_KERN_CRIT
#define KERN_ERR FSN_KERN_ERR
#define KERN_WARNING FSN_KERN_WARNING
#define KERN_NOTICE FSN_KERN_NOTICE
#define KERN_INFO FSN_KERN_INFO
#define KERN_DEBUG FSN_KERN_DEBUG
#define KERN_CONT FSN_KERN_CONT

/* A file that wants a prefix on its messages defines it first. */
#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#define printk(...) fsn_printk(__VA_ARGS__)
#define printk_once(...) fsn_printk_once(__VA_ARGS__)
#define printk_ratelimited(...) fsn_printk_ratelimited(__VA_ARGS__)
#define pr_emerg(fmt, ...) fsn_pr_emerg(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...) fsn_pr_alert(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...) fsn_pr_crit(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) fsn_pr_err(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) fsn_pr_warn(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) fsn_pr_notice(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) fsn_pr_info(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) fsn_pr_debug(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_once(fmt, ...) fsn_pr_err_once(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) fsn_pr_warn_once(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_once(fmt, ...) fsn_pr_notice_once(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...) fsn_pr_info_once(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...) fsn_pr_err_ratelimited(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) fsn_pr_warn_ratelimited(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...) fsn_pr_notice_ratelimited(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) fsn_pr_info_ratelimited(pr_fmt(fmt), ##__VA_ARGS__)

#endif /* _FSN_LINUX_PRINTK_H */
