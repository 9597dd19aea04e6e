/* libconfdb over libqb: each call is one request to the daemon's service "confdb", the iterations apart. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <qb/qbhdb.h>
#include "instance.h"

static void let_go(struct context *contexts)
{
	while (contexts != NULL) {
		struct context *next = contexts->next;
		free(contexts);
		contexts = next;
	}
}

static void confdb_free(void *instance)
{
	struct confdb *confdb = instance;
	if (confdb->connection != NULL)
		qb_ipcc_disconnect(confdb->connection);
	let_go(confdb->finds);
	let_go(confdb->iterations);
	let_go(confdb->key_iterations);
}

QB_HDB_DECLARE(handles, confdb_free);

static cs_error_t error_of(int error)
{
	switch (error < 0 ? -error : error) {
	case 0:
		return CS_OK;
	case EBADF:
		return CS_ERR_BAD_HANDLE;
	case ENOMEM:
		return CS_ERR_NO_MEMORY;
	case ENOMSG:
	case ENOBUFS:
	case ETIMEDOUT:
	case EAGAIN:
		return CS_ERR_TRY_AGAIN;
	case EINVAL:
		return CS_ERR_INVALID_PARAM;
	case EACCES:
		return CS_ERR_ACCESS;
	case EMSGSIZE:
		return CS_ERR_TOO_BIG;
	default:
		return CS_ERR_LIBRARY;
	}
}

cs_error_t enter(confdb_handle_t handle, struct confdb **confdb)
{
	cs_error_t error = error_of(qb_hdb_handle_get(&handles, handle, (void **)confdb));
	if (error == CS_OK && (*confdb)->finalized) {
		qb_hdb_handle_put(&handles, handle);
		return CS_ERR_BAD_HANDLE;
	}
	return error;
}

cs_error_t leave(confdb_handle_t handle, cs_error_t error)
{
	qb_hdb_handle_put(&handles, handle);
	return error;
}

cs_error_t ask(struct confdb *confdb, int id, void *request, size_t size, const void *tail, size_t tail_size,
	size_t least)
{
	struct qb_ipc_request_header *header = request;
	struct iovec parts[] = { { request, size }, { (void *)tail, tail_size } };
	header->id = id;
	header->size = size + tail_size;
	ssize_t got = qb_ipcc_sendv_recv(confdb->connection, parts, tail_size > 0 ? 2 : 1, confdb->answer, MESSAGE_MAX, -1);
	if (got < 0)
		return error_of(got);
	if (got < (ssize_t)sizeof(struct qb_ipc_response_header))
		return CS_ERR_LIBRARY;
	cs_error_t error = ((struct qb_ipc_response_header *)confdb->answer)->error;
	return error == CS_OK && got < (ssize_t)least ? CS_ERR_LIBRARY : error;
}

cs_error_t ask_plainly(struct confdb *confdb, int id)
{
	struct qb_ipc_request_header request SLOT = { 0 };
	return ask(confdb, id, &request, sizeof request, NULL, 0, sizeof(struct qb_ipc_response_header));
}

cs_error_t ask_of(struct confdb *confdb, int id, uint64_t object, size_t least)
{
	struct request_object request = { .object = object };
	return ask(confdb, id, &request, sizeof request, NULL, 0, least);
}

int set_name(struct wire_name *name, const void *text, size_t length)
{
	if (text == NULL || length >= NAME_MAX_LENGTH)
		return 0;
	name->length = length;
	memcpy(name->text, text, length);
	return 1;
}

cs_error_t give_name(const struct wire_name *name, void *text, size_t *length, int end)
{
	if (name->length >= NAME_MAX_LENGTH)
		return CS_ERR_LIBRARY;
	memcpy(text, name->text, name->length);
	if (end)
		((char *)text)[name->length] = '\0';
	if (length != NULL)
		*length = name->length;
	return CS_OK;
}

cs_error_t ask_named(struct confdb *confdb, int id, uint64_t object, const void *name, size_t length, size_t least)
{
	struct request_name request = { .object = object };
	if (!set_name(&request.name, name, length))
		return CS_ERR_INVALID_PARAM;
	return ask(confdb, id, &request, sizeof request, NULL, 0, least);
}

struct context *find_context(struct context *contexts, hdb_handle_t parent)
{
	while (contexts != NULL && contexts->parent != parent)
		contexts = contexts->next;
	return contexts;
}

cs_error_t start_context(struct confdb *confdb, struct context **contexts, hdb_handle_t parent)
{
	struct context *context = find_context(*contexts, parent);
	if (context == NULL) {
		context = calloc(1, sizeof *context);
		if (context == NULL)
			return CS_ERR_NO_MEMORY;
		context->parent = parent;
		context->next = *contexts;
		*contexts = context;
	}
	if (context->search != 0)
		ask_of(confdb, REQUEST_END_SEARCH, context->search, 0);
	context->search = context->position = 0;
	return CS_OK;
}

cs_error_t confdb_initialize(confdb_handle_t *handle, confdb_callbacks_t *callbacks)
{
	struct confdb *confdb;
	if (handle == NULL)
		return CS_ERR_INVALID_PARAM;
	cs_error_t error = error_of(qb_hdb_handle_create(&handles, sizeof *confdb, handle));
	if (error != CS_OK)
		return error;
	error = error_of(qb_hdb_handle_get(&handles, *handle, (void **)&confdb));
	if (error != CS_OK)
		return error;
	confdb->connection = qb_ipcc_connect("confdb", MESSAGE_MAX);
	if (confdb->connection == NULL) {
		error = error_of(errno);
		qb_hdb_handle_destroy(&handles, *handle);
	} else if (callbacks != NULL) {
		confdb->callbacks = *callbacks;
	}
	return leave(*handle, error);
}

cs_error_t confdb_finalize(confdb_handle_t handle)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	confdb->finalized = 1;
	qb_hdb_handle_destroy(&handles, handle);
	return leave(handle, CS_OK);
}

cs_error_t confdb_fd_get(confdb_handle_t handle, int *fd)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	return leave(handle, error_of(qb_ipcc_fd_get(confdb->connection, fd)));
}

cs_error_t confdb_context_get(confdb_handle_t handle, const void **context)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	*context = confdb->context;
	return leave(handle, CS_OK);
}

cs_error_t confdb_context_set(confdb_handle_t handle, const void *context)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	confdb->context = context;
	return leave(handle, CS_OK);
}

static int fits(const void *event, size_t fixed, uint64_t tail)
{
	return ((const struct qb_ipc_response_header *)event)->size >= (int64_t)(fixed + tail);
}

static cs_error_t tell_key(confdb_handle_t handle, const confdb_callbacks_t *callbacks, const struct event_key *event)
{
	if (!fits(event, sizeof *event, 0) || event->length > MESSAGE_MAX || !fits(event, sizeof *event, event->length))
		return CS_ERR_LIBRARY;
	if (callbacks->confdb_key_change_notify_fn != NULL)
		callbacks->confdb_key_change_notify_fn(handle, event->change, event->parent, event->object,
			event->object_name.text, event->object_name.length, event->key_name.text, event->key_name.length,
			event->value, event->length);
	return CS_OK;
}

static cs_error_t tell(confdb_handle_t handle, const confdb_callbacks_t *callbacks, const void *message)
{
	const struct event_created *created = message;
	const struct event_destroyed *destroyed = message;
	const struct event_reload *reload = message;
	switch (((const struct qb_ipc_response_header *)message)->id) {
	case EVENT_KEY:
		return tell_key(handle, callbacks, message);
	case EVENT_CREATED:
		if (!fits(message, sizeof *created, 0))
			return CS_ERR_LIBRARY;
		if (callbacks->confdb_object_create_change_notify_fn != NULL)
			callbacks->confdb_object_create_change_notify_fn(handle, created->parent, created->object,
				created->name.text, created->name.length);
		return CS_OK;
	case EVENT_DESTROYED:
		if (!fits(message, sizeof *destroyed, 0))
			return CS_ERR_LIBRARY;
		if (callbacks->confdb_object_delete_change_notify_fn != NULL)
			callbacks->confdb_object_delete_change_notify_fn(handle, destroyed->parent, destroyed->name.text,
				destroyed->name.length);
		return CS_OK;
	case EVENT_RELOAD:
		if (!fits(message, sizeof *reload, 0))
			return CS_ERR_LIBRARY;
		if (callbacks->confdb_reload_notify_fn != NULL)
			callbacks->confdb_reload_notify_fn(handle, reload->phase);
		return CS_OK;
	default:
		return CS_ERR_LIBRARY;
	}
}

cs_error_t confdb_dispatch(confdb_handle_t handle, cs_dispatch_flags_t dispatch_types)
{
	struct confdb *confdb;
	char event[MESSAGE_MAX] SLOT;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	int wait = dispatch_types == CS_DISPATCH_ONE || dispatch_types == CS_DISPATCH_BLOCKING;
	do {
		ssize_t got = qb_ipcc_event_recv(confdb->connection, event, sizeof event, wait ? -1 : 0);
		error = got < 0 ? error_of(got) : tell(handle, &confdb->callbacks, event);
		if (error == CS_ERR_TRY_AGAIN) {
			if (dispatch_types == CS_DISPATCH_ONE_NONBLOCKING)
				break;
			error = CS_OK;
			if (!wait)
				break;
		} else if (dispatch_types == CS_DISPATCH_ONE || dispatch_types == CS_DISPATCH_ONE_NONBLOCKING) {
			break;
		}
	} while (error == CS_OK && !confdb->finalized);
	return leave(handle, confdb->finalized ? CS_OK : error);
}

static void set_text(char *text, size_t room, const char *from, size_t length)
{
	if (text == NULL || room == 0)
		return;
	if (length > room - 1)
		length = room - 1;
	memcpy(text, from, length);
	text[length] = '\0';
}

cs_error_t confdb_write(confdb_handle_t handle, char *error_text, size_t errbuf_len)
{
	static const char reason[] = "the configuration is not written back to its file";
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	set_text(error_text, errbuf_len, reason, sizeof reason - 1);
	return leave(handle, CS_ERR_NOT_SUPPORTED);
}

cs_error_t confdb_reload(confdb_handle_t handle, int flush, char *error_text, size_t errbuf_len)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	(void)flush;
	if (error != CS_OK)
		return error;
	const struct qb_ipc_response_header *answer = (const void *)confdb->answer;
	memset(confdb->answer, 0, sizeof *answer);
	error = ask_plainly(confdb, REQUEST_RELOAD);
	size_t head = sizeof *answer;
	size_t size = answer->size > (int32_t)head && answer->size <= MESSAGE_MAX ? answer->size - head : 0;
	set_text(error_text, errbuf_len, confdb->answer + head, size);
	return leave(handle, error);
}

cs_error_t confdb_track_changes(confdb_handle_t handle, hdb_handle_t object_handle, unsigned int flags)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	struct request_track request = { .object = object_handle, .recursive = flags == CONFDB_TRACK_DEPTH_RECURSIVE };
	if (flags > CONFDB_TRACK_DEPTH_RECURSIVE)
		return leave(handle, CS_ERR_INVALID_PARAM);
	return leave(handle, ask(confdb, REQUEST_TRACK, &request, sizeof request, NULL, 0, 0));
}

cs_error_t confdb_stop_track_changes(confdb_handle_t handle)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	return error != CS_OK ? error : leave(handle, ask_plainly(confdb, REQUEST_END_TRACKING));
}
