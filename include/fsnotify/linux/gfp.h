/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_GFP_H
#define _FSN_LINUX_GFP_H

#include "../fsn/mem.h"
#include "types.h"

#endif /* _FSN_LINUX_GFP_H */
