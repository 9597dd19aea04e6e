/* Keys: creating, reading, changing, iterating. */
#include <stdlib.h>
#include <string.h>
#include "instance.h"

enum { SHORT_VALUE = 256, BINARY = 12 };

/* Types of the daemon (icmap), by those of confdb.h. */
static const uint8_t types[] = {
	[CONFDB_VALUETYPE_INT16] = 3, [CONFDB_VALUETYPE_UINT16] = 4, [CONFDB_VALUETYPE_INT32] = 5,
	[CONFDB_VALUETYPE_UINT32] = 6, [CONFDB_VALUETYPE_INT64] = 7, [CONFDB_VALUETYPE_UINT64] = 8,
	[CONFDB_VALUETYPE_FLOAT] = 9, [CONFDB_VALUETYPE_DOUBLE] = 10, [CONFDB_VALUETYPE_STRING] = 11,
	[CONFDB_VALUETYPE_ANY] = BINARY,
};

static confdb_value_types_t type_of(uint8_t type)
{
	for (int i = 0; i < CONFDB_VALUETYPE_ANY; i++)
		if (types[i] == type)
			return i;
	return CONFDB_VALUETYPE_ANY;
}

static cs_error_t set(confdb_handle_t handle, hdb_handle_t object, const void *name, size_t name_length,
	const void *value, size_t length, uint8_t type, int replace)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	struct request_set request = { .object = object, .type = type, .replace = replace, .length = length };
	if ((value == NULL && length > 0) || !set_name(&request.name, name, name_length))
		return leave(handle, CS_ERR_INVALID_PARAM);
	if (length > MESSAGE_MAX - sizeof request)
		return leave(handle, CS_ERR_TOO_BIG);
	return leave(handle, ask(confdb, REQUEST_SET, &request, sizeof request, value, length, 0));
}

cs_error_t confdb_key_create(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, const void *value, size_t value_len)
{
	return set(handle, parent_object_handle, key_name, key_name_len, value, value_len, BINARY, 0);
}

cs_error_t confdb_key_create_typed(confdb_handle_t handle, hdb_handle_t parent_object_handle, const char *key_name,
	const void *value, size_t value_len, confdb_value_types_t type)
{
	if (key_name == NULL || type > CONFDB_VALUETYPE_ANY)
		return CS_ERR_INVALID_PARAM;
	return set(handle, parent_object_handle, key_name, strlen(key_name), value, value_len, types[type], 0);
}

cs_error_t confdb_key_replace(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, const void *old_value, size_t old_value_len, const void *new_value, size_t new_value_len)
{
	(void)old_value;
	(void)old_value_len;
	return set(handle, parent_object_handle, key_name, key_name_len, new_value, new_value_len, 0, 1);
}

cs_error_t confdb_key_delete(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, const void *value, size_t value_len)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	(void)value;
	(void)value_len;
	if (error != CS_OK)
		return error;
	return leave(handle, ask_named(confdb, REQUEST_DELETE, parent_object_handle, key_name, key_name_len, 0));
}

static cs_error_t adjust(confdb_handle_t handle, hdb_handle_t object, const void *name, size_t length, int step,
	unsigned int *value)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	const struct response_adjusted *adjusted = (const void *)confdb->answer;
	struct request_adjust request = { .object = object, .step = step };
	if (value == NULL || !set_name(&request.name, name, length))
		return leave(handle, CS_ERR_INVALID_PARAM);
	error = ask(confdb, REQUEST_ADJUST, &request, sizeof request, NULL, 0, sizeof *adjusted);
	if (error == CS_OK)
		*value = adjusted->value;
	return leave(handle, error);
}

cs_error_t confdb_key_increment(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, unsigned int *value)
{
	return adjust(handle, parent_object_handle, key_name, key_name_len, 1, value);
}

cs_error_t confdb_key_decrement(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, unsigned int *value)
{
	return adjust(handle, parent_object_handle, key_name, key_name_len, -1, value);
}

/* Into the caller's 256 bytes, or with `allocate` into *value, which is made if it is NULL. */
static cs_error_t give_value(const void *answer, const char *bytes, uint64_t length, void **value, size_t *value_len,
	int allocate)
{
	const struct qb_ipc_response_header *header = answer;
	if (length > MESSAGE_MAX || header->size < (int64_t)length + (bytes - (const char *)answer))
		return CS_ERR_LIBRARY;
	if (!allocate && length > SHORT_VALUE)
		return CS_ERR_TOO_BIG;
	if (allocate && *value == NULL) {
		/* One byte more: callers of corosync 1.4's could end text in it. */
		*value = malloc(length + 1);
		if (*value == NULL)
			return CS_ERR_NO_MEMORY;
	}
	memcpy(*value, bytes, length);
	*value_len = length;
	return CS_OK;
}

static cs_error_t get(confdb_handle_t handle, hdb_handle_t object, const void *name, size_t length, void **value,
	size_t *value_len, confdb_value_types_t *type, int allocate)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	const struct response_value *stored = (const void *)confdb->answer;
	error = ask_named(confdb, REQUEST_GET, object, name, length, sizeof *stored);
	if (error == CS_OK)
		error = give_value(stored, stored->value, stored->length, value, value_len, allocate);
	if (error == CS_OK && type != NULL)
		*type = type_of(stored->type);
	return leave(handle, error);
}

cs_error_t confdb_key_get(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, void *value, size_t *value_len)
{
	return get(handle, parent_object_handle, key_name, key_name_len, &value, value_len, NULL, 0);
}

cs_error_t confdb_key_get_typed(confdb_handle_t handle, hdb_handle_t parent_object_handle, const char *key_name,
	void *value, size_t *value_len, confdb_value_types_t *type)
{
	if (key_name == NULL)
		return CS_ERR_INVALID_PARAM;
	return get(handle, parent_object_handle, key_name, strlen(key_name), &value, value_len, type, 0);
}

cs_error_t confdb_key_get_typed2(confdb_handle_t handle, hdb_handle_t parent_object_handle, const char *key_name,
	void **value, size_t *value_len, confdb_value_types_t *type)
{
	if (key_name == NULL || value == NULL)
		return CS_ERR_INVALID_PARAM;
	return get(handle, parent_object_handle, key_name, strlen(key_name), value, value_len, type, 1);
}

cs_error_t confdb_key_iter_start(confdb_handle_t handle, hdb_handle_t object_handle)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	return leave(handle, start_context(confdb, &confdb->key_iterations, object_handle));
}

static cs_error_t iterate(confdb_handle_t handle, hdb_handle_t object, void *name, size_t *name_length, void **value,
	size_t *value_len, confdb_value_types_t *type, int allocate)
{
	struct confdb *confdb;
	cs_error_t error = enter(handle, &confdb);
	if (error != CS_OK)
		return error;
	const struct response_key *key = (const void *)confdb->answer;
	struct context *context = find_context(confdb->key_iterations, object);
	if (context == NULL)
		return leave(handle, CS_ERR_CONTEXT_NOT_FOUND);
	struct request_key_at request = { .object = object, .position = context->position };
	error = ask(confdb, REQUEST_KEY_AT, &request, sizeof request, NULL, 0, sizeof *key);
	if (error != CS_OK)
		return leave(handle, error);
	context->position++;
	error = give_value(key, key->value, key->length, value, value_len, allocate);
	if (error == CS_OK)
		error = give_name(&key->name, name, name_length, name_length == NULL);
	if (error == CS_OK && type != NULL)
		*type = type_of(key->type);
	return leave(handle, error);
}

cs_error_t confdb_key_iter(confdb_handle_t handle, hdb_handle_t parent_object_handle, void *key_name,
	size_t *key_name_len, void *value, size_t *value_len)
{
	return iterate(handle, parent_object_handle, key_name, key_name_len, &value, value_len, NULL, 0);
}

cs_error_t confdb_key_iter_typed(confdb_handle_t handle, hdb_handle_t parent_object_handle, char *key_name,
	void *value, size_t *value_len, confdb_value_types_t *type)
{
	return iterate(handle, parent_object_handle, key_name, NULL, &value, value_len, type, 0);
}

cs_error_t confdb_key_iter_typed2(confdb_handle_t handle, hdb_handle_t parent_object_handle, char *key_name,
	void **value, size_t *value_len, confdb_value_types_t *type)
{
	if (value == NULL)
		return CS_ERR_INVALID_PARAM;
	return iterate(handle, parent_object_handle, key_name, NULL, value, value_len, type, 1);
}
