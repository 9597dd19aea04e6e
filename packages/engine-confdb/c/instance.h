/* What the files of libconfdb share. */
#ifndef CONFDB_INSTANCE_H
#define CONFDB_INSTANCE_H

#include <qb/qbipcc.h>
#include <corosync/confdb.h>
#include "wire.h"

/* An iteration or a search below one object. */
struct context {
	struct context *next;
	hdb_handle_t parent;
	uint64_t search; /* 0: the daemon does not know of it yet */
	uint64_t position;
};

struct confdb {
	qb_ipcc_connection_t *connection;
	int finalized;
	confdb_callbacks_t callbacks;
	const void *context;
	struct context *finds;
	struct context *iterations;
	struct context *key_iterations;
	char answer[MESSAGE_MAX] SLOT;
};

/* The instance of a handle, until leave(), which passes its error on. */
cs_error_t enter(confdb_handle_t handle, struct confdb **confdb);
cs_error_t leave(confdb_handle_t handle, cs_error_t error);

/* Sends a request and waits for its answer, which has at least `least` bytes if it is CS_OK. */
cs_error_t ask(struct confdb *confdb, int id, void *request, size_t size, const void *tail, size_t tail_size,
	size_t least);
cs_error_t ask_plainly(struct confdb *confdb, int id);
cs_error_t ask_of(struct confdb *confdb, int id, uint64_t object, size_t least);
cs_error_t ask_named(struct confdb *confdb, int id, uint64_t object, const void *name, size_t length, size_t least);

/* 0: no name. */
int set_name(struct wire_name *name, const void *text, size_t length);
/* Copies a name; with its NUL if `end`. */
cs_error_t give_name(const struct wire_name *name, void *text, size_t *length, int end);

/* Begins anew, as _start does; the search that the daemon has, if any, is ended. */
cs_error_t start_context(struct confdb *confdb, struct context **contexts, hdb_handle_t parent);
struct context *find_context(struct context *contexts, hdb_handle_t parent);

#endif
