/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two marks of one group on one inode: audit's group for executables is the only one that allows it (FSNOTIFY_GROUP_DUPS).
 * AUDIT_EXE rules come by netlink and put their mark on the directory of the file.
 */
#include "group.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

struct rule_message {
	struct nlmsghdr header;
	struct audit_rule_data rule;
	char path[64];
};

/* Adds or deletes a rule for a file that is executed, and returns audit's answer. */
static int rule(int audit, int type, int system_call, const char *path)
{
	struct rule_message message = {
		.header = { .nlmsg_len = sizeof(message), .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.rule = { .flags = AUDIT_FILTER_EXIT, .action = AUDIT_ALWAYS, .field_count = 1 },
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[8192];
	} answer;

	message.rule.mask[AUDIT_WORD(system_call)] = AUDIT_BIT(system_call);
	message.rule.fields[0] = AUDIT_EXE;
	message.rule.fieldflags[0] = AUDIT_EQUAL;
	message.rule.values[0] = message.rule.buflen = (uint32_t)strlen(path);
	memcpy((char *)&message + offsetof(struct rule_message, rule) + sizeof(message.rule), path, strlen(path));
	must(send(audit, &message, sizeof(message), 0) == (ssize_t)sizeof(message), "a rule for audit");
	do {
		must(recv(audit, &answer, sizeof(answer), 0) > 0, "audit's answer");
	} while (answer.header.nlmsg_type != NLMSG_ERROR);
	return answer.error.error;
}

void group_audit(void)
{
	int audit = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	char path[64];

	must(audit >= 0 && !mkdir("bin", 0755), "audit");
	snprintf(path, sizeof(path), "%s/bin/program", workdir());
	touch(path);
	check(rule(audit, AUDIT_ADD_RULE, 1, path) == 0, "an AUDIT_EXE rule");
	check(rule(audit, AUDIT_ADD_RULE, 2, path) == 0, "a second AUDIT_EXE rule on the same file: two marks of a group on one inode");
	check(rule(audit, AUDIT_ADD_RULE, 2, path) == -EEXIST, "but not the same rule again");
	check(rule(audit, AUDIT_DEL_RULE, 1, path) == 0, "the first is deleted");
	check(rule(audit, AUDIT_DEL_RULE, 1, path) == -ENOENT, "once");
	check(rule(audit, AUDIT_ADD_RULE, 1, path) == 0, "and added again");
	must(!unlink(path) && !rmdir("bin"), "rmdir");
	check(rule(audit, AUDIT_DEL_RULE, 1, path) == -ENOENT && rule(audit, AUDIT_DEL_RULE, 2, path) == -ENOENT,
	      "both end with the directory of their file");
	close(audit);
}
