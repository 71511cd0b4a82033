/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What inotify's and fanotify's instances have in common: they are read, polled, looked at and closed alike.
 */
#ifndef PARITY_INSTANCE_H
#define PARITY_INSTANCE_H

#include "transcript.h"

bool instance_operation(const struct op *op, long *result);
/* Reads an instance until nothing is left and prints the events. */
long instance_drain(int instance);

#endif /* PARITY_INSTANCE_H */
