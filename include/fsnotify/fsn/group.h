/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct fsnotify_group and struct fsnotify_mark_connector: cbindgen knows no anonymous unions, and their member paths
 * (group->private, conn->destroy_next) are part of the contract. layout.def checks both against src/abi/backend.rs.
 */
#ifndef FSN_GROUP_H
#define FSN_GROUP_H

#include "types.h"

struct ucounts;
struct mem_cgroup;

#ifdef FSNOTIFY_API_6_1
/* What an object embeds in 6.1; the address of this pointer names the object. */
typedef struct fsnotify_mark_connector *fsnotify_connp_t;
/*
 * A connector's way to its object is that address in 6.1, and the object itself here. It has a type of its own, by which
 * container_of() of the backend mode knows it.
 */
typedef volatile fsnotify_connp_t *fsn_v61_object_t;
#define FSN_CONNECTOR_OBJ fsn_v61_object_t
/* Another bit than in 6.1, whose 0x01 is FSNOTIFY_CONN_FLAG_IS_WATCHED now. */
#define FSNOTIFY_CONN_FLAG_HAS_FSID 0x8000
#else
#define FSN_CONNECTOR_OBJ void *
#endif

/* Numbers of watches; the size is fixed, the contents are the host's. */
struct idr {
	spinlock_t lock;
	unsigned int flags;
	void *head;
	unsigned int idr_base;
	unsigned int idr_next;
};

/* inotify's part of a group. */
struct inotify_group_private_data {
	spinlock_t idr_lock;
	struct idr idr;
	struct ucounts *ucounts;
};

/* fanotify's part of a group. */
struct fanotify_group_private_data {
	struct hlist_head *merge_hash;
	struct list_head access_list;
	wait_queue_head_t access_waitq;
	int flags;
	int f_flags;
	struct ucounts *ucounts;
	mempool_t error_events_pool;
};

/* A listener: its callbacks, its queue of events and its marks. Made by fsnotify_alloc_group() only. */
struct fsnotify_group {
	/* set at creation */
	const struct fsnotify_ops *ops;
	/* the creator's, one for each initialised mark, and those of fsnotify_get_group() */
	refcount_t refcnt;
	/* protects the queue: notification_list, q_len, shutdown */
	spinlock_t notification_lock;
	/* queued events, oldest first [notification_lock] */
	struct list_head notification_list;
	/* readers of the queue wait here; destruction does, for user_waits */
	wait_queue_head_t notification_waitq;
	/* [notification_lock] */
	unsigned int q_len;
	/* set by the backend before the first event; UINT_MAX: no bound */
	unsigned int max_events;
	/* set by the backend before the first mark */
	enum fsnotify_group_prio priority;
	/* no more events are taken [notification_lock for writing] */
	bool shutdown;
	/* FSNOTIFY_GROUP_*, set at creation */
	int flags;
	/* what fsnotify_group_unlock() restores [mark_mutex] */
	unsigned int owner_flags;
	/* protects marks_list */
	struct mutex mark_mutex;
	/* pins of user waits on the group's marks */
	atomic_t user_waits;
	/* attached marks, newest first [mark_mutex] */
	struct list_head marks_list;
	/* registrations for SIGIO */
	struct fasync_struct *fsn_fa;
	/* queued in place of events that find the queue full; the backend sets it, free_event frees it */
	struct fsnotify_event *overflow_event;
	/* charged for allocations on behalf of this group; the group holds a reference */
	struct mem_cgroup *memcg;
	/* the backend's own */
	__extension__ union {
		void *FSN_CXX_KEYWORD(private);
		struct inotify_group_private_data inotify_data;
		struct fanotify_group_private_data fanotify_data;
	};
};

/* The list of the marks on one object; freed a grace period after the last of them has gone. */
struct fsnotify_mark_connector {
	/* protects everything below */
	spinlock_t lock;
	/* enum fsnotify_obj_type [lock] */
	unsigned char type;
	/* highest priority among the groups on the list [lock] */
	unsigned char prio;
	/* FSNOTIFY_CONN_FLAG_* [lock] */
	unsigned short flags;
	__extension__ union {
		/* the object; NULL once detached [lock] */
		FSN_CONNECTOR_OBJ obj;
		/* once detached and empty: the next connector to be freed */
		struct fsnotify_mark_connector *destroy_next;
#ifdef FSNOTIFY_API_6_1
		/* valid with FSNOTIFY_CONN_FLAG_HAS_FSID, which is never set: since 6.12 the backend's mark has the id */
		__kernel_fsid_t fsid;
#endif
	};
	/* by descending priority, then descending group address [lock for writing, SRCU for reading] */
	struct hlist_head list;
};

#endif /* FSN_GROUP_H */
