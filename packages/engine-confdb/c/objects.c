/* Objects: creating, destroying, searching. */
#include <stdlib.h>
#include "instance.h"

cs_error_t confdb_object_create(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *object_name,
	size_t object_name_len, hdb_handle_t *object_handle)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	const struct response_handle *created = (const void *)confdb->answer;
	size_t least = sizeof *created - sizeof created->name;
	error = ask_named(confdb, REQUEST_CREATE, parent_object_handle, object_name, object_name_len, least);
	if (error == CS_OK)
		*object_handle = created->handle;
	return leave(handle, error);
}

cs_error_t confdb_object_destroy(confdb_handle_t handle, hdb_handle_t object_handle)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	return error != CS_OK ? error : leave(handle, ask_of(confdb, REQUEST_DESTROY, object_handle, 0));
}

static cs_error_t describe(struct confdb *confdb, hdb_handle_t object, const struct response_handle **described)
{
	*described = (const void *)confdb->answer;
	return ask_of(confdb, REQUEST_DESCRIBE, object, sizeof **described);
}

cs_error_t confdb_object_parent_get(confdb_handle_t handle, hdb_handle_t object_handle,
	hdb_handle_t *parent_object_handle)
{
	struct confdb *confdb;
	const struct response_handle *described;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	error = describe(confdb, object_handle, &described);
	if (error == CS_OK)
		*parent_object_handle = described->handle;
	return leave(handle, error);
}

cs_error_t confdb_object_name_get(confdb_handle_t handle, hdb_handle_t object_handle, char *object_name,
	size_t *object_name_len)
{
	struct confdb *confdb;
	const struct response_handle *described;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	error = describe(confdb, object_handle, &described);
	if (error == CS_OK)
		error = give_name(&described->name, object_name, object_name_len, 1);
	return leave(handle, error);
}

static cs_error_t start(confdb_handle_t handle, hdb_handle_t parent, int all)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	return leave(handle, start_context(confdb, all ? &confdb->iterations : &confdb->finds, parent));
}

static cs_error_t end(confdb_handle_t handle, hdb_handle_t parent, int all)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	struct context **at = all ? &confdb->iterations : &confdb->finds;
	while (*at != NULL && (*at)->parent != parent)
		at = &(*at)->next;
	struct context *context = *at;
	if (context == NULL)
		return leave(handle, CS_ERR_LIBRARY);
	if (context->search != 0)
		error = ask_of(confdb, REQUEST_END_SEARCH, context->search, 0);
	*at = context->next;
	free(context);
	return leave(handle, error);
}

/* The next object of a search; the first time the daemon is told to begin it. At the end the daemon forgets it. */
static cs_error_t next(struct confdb *confdb, struct context *context, const void *name, size_t length,
	const struct response_handle **found)
{
	cs_error_t error = CS_OK;
	*found = (const void *)confdb->answer;
	if (context == NULL)
		return CS_ERR_CONTEXT_NOT_FOUND;
	if (context->search == 0) {
		error = ask_named(confdb, REQUEST_SEARCH, context->parent, name, length,
			sizeof **found - sizeof(*found)->name);
		if (error == CS_OK)
			context->search = (*found)->handle;
	}
	if (error == CS_OK)
		error = ask_of(confdb, REQUEST_NEXT, context->search, sizeof **found);
	if (error != CS_OK && context->search != 0) {
		ask_of(confdb, REQUEST_END_SEARCH, context->search, 0);
		context->search = 0;
	}
	return error;
}

cs_error_t confdb_object_find_start(confdb_handle_t handle, hdb_handle_t parent_object_handle)
{
	return start(handle, parent_object_handle, 0);
}

cs_error_t confdb_object_find_destroy(confdb_handle_t handle, hdb_handle_t parent_object_handle)
{
	return end(handle, parent_object_handle, 0);
}

cs_error_t confdb_object_iter_start(confdb_handle_t handle, hdb_handle_t parent_object_handle)
{
	return start(handle, parent_object_handle, 1);
}

cs_error_t confdb_object_iter_destroy(confdb_handle_t handle, hdb_handle_t parent_object_handle)
{
	return end(handle, parent_object_handle, 1);
}

cs_error_t confdb_object_find(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *object_name,
	size_t object_name_len, hdb_handle_t *object_handle)
{
	struct confdb *confdb;
	const struct response_handle *found;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	struct context *context = find_context(confdb->finds, parent_object_handle);
	error = next(confdb, context, object_name, object_name_len, &found);
	if (error == CS_OK)
		*object_handle = found->handle;
	return leave(handle, error);
}

cs_error_t confdb_object_iter(confdb_handle_t handle, hdb_handle_t parent_object_handle, hdb_handle_t *object_handle,
	void *object_name, size_t *object_name_len)
{
	struct confdb *confdb;
	const struct response_handle *found;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	error = next(confdb, find_context(confdb->iterations, parent_object_handle), "", 0, &found);
	if (error == CS_OK)
		error = give_name(&found->name, object_name, object_name_len, 0);
	if (error == CS_OK)
		*object_handle = found->handle;
	return leave(handle, error);
}
