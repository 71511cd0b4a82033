/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What treewatch says at its end.
 */
#ifndef TREEWATCH_REPORT_H
#define TREEWATCH_REPORT_H

#include "listeners.h"
#include "source.h"

void report_figures(const struct printer *p, const struct counter *c, const struct sleeper *s, struct source *source);
int report_leftovers(const struct mirror *m);

#endif
