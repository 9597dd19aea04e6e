/*
 * libconfdb: the database of a Coterie node as a tree of objects with keys. Programs written for corosync 1.4's
 * confdb.h compile against this header. What is different is said at the functions and in the package's README.
 *
 * Functions return CS_OK, or
 *   CS_ERR_ACCESS             the daemon does not do it: no such object or key, the end of an iteration, read-only,
 *                             a name that no part of a key can be, a value that is none of its type
 *   CS_ERR_BAD_HANDLE         not a handle of confdb_initialize
 *   CS_ERR_INVALID_PARAM      a NULL pointer, a name of more than 255 bytes, an unknown type
 *   CS_ERR_CONTEXT_NOT_FOUND  iteration or search without its _start
 *   CS_ERR_NO_RESOURCES       too many searches (64) or tracked objects (256)
 *   CS_ERR_TRY_AGAIN          below the object "cluster": no quorum, or the ring is changing
 *   and what connecting to the daemon or losing it gives: CS_ERR_LIBRARY, CS_ERR_TRY_AGAIN, CS_ERR_ACCESS.
 */
#ifndef COROSYNC_CONFDB_H_DEFINED
#define COROSYNC_CONFDB_H_DEFINED

#include <stddef.h>
#include <stdint.h>
#include <corosync/corotypes.h>
#include <corosync/hdb.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef uint64_t confdb_handle_t;

/* The root of the tree. */
#define OBJECT_PARENT_HANDLE 0xFFFFFFFF00000000ULL

#define CONFDB_DISPATCH_ONE CS_DISPATCH_ONE
#define CONFDB_DISPATCH_ALL CS_DISPATCH_ALL
#define CONFDB_DISPATCH_BLOCKING CS_DISPATCH_BLOCKING

/* Strings have their NUL in their length. Keys of cmap that are 8-bit integers show as ANY. */
typedef enum {
	CONFDB_VALUETYPE_INT16,
	CONFDB_VALUETYPE_UINT16,
	CONFDB_VALUETYPE_INT32,
	CONFDB_VALUETYPE_UINT32,
	CONFDB_VALUETYPE_INT64,
	CONFDB_VALUETYPE_UINT64,
	CONFDB_VALUETYPE_FLOAT,
	CONFDB_VALUETYPE_DOUBLE,
	CONFDB_VALUETYPE_STRING,
	CONFDB_VALUETYPE_ANY,
} confdb_value_types_t;

typedef enum {
	CONFDB_TRACK_DEPTH_ONE,
	CONFDB_TRACK_DEPTH_RECURSIVE
} confdb_track_depth_t;

typedef enum {
	OBJECT_KEY_CREATED,
	OBJECT_KEY_REPLACED,
	OBJECT_KEY_DELETED,
} confdb_change_type_t;

typedef enum {
	CONFDB_RELOAD_NOTIFY_START,
	CONFDB_RELOAD_NOTIFY_END,
	CONFDB_RELOAD_NOTIFY_FAILED
} confdb_reload_type_t;

/* Of a deleted key the last value. */
typedef void (*confdb_key_change_notify_fn_t)(confdb_handle_t handle, confdb_change_type_t change_type,
	hdb_handle_t parent_object_handle, hdb_handle_t object_handle, const void *object_name, size_t object_name_len,
	const void *key_name, size_t key_name_len, const void *key_value, size_t key_value_len);
typedef void (*confdb_object_create_notify_fn_t)(confdb_handle_t handle, hdb_handle_t parent_object_handle,
	hdb_handle_t object_handle, const void *name_pt, size_t name_len);
typedef void (*confdb_object_delete_notify_fn_t)(confdb_handle_t handle, hdb_handle_t parent_object_handle,
	const void *name_pt, size_t name_len);
/* Heard by those who track the root. */
typedef void (*confdb_reload_notify_fn_t)(confdb_handle_t handle, confdb_reload_type_t type);

typedef struct {
	confdb_object_create_notify_fn_t confdb_object_create_change_notify_fn;
	confdb_object_delete_notify_fn_t confdb_object_delete_change_notify_fn;
	confdb_key_change_notify_fn_t confdb_key_change_notify_fn;
	confdb_reload_notify_fn_t confdb_reload_notify_fn;
} confdb_callbacks_t;

/* callbacks may be NULL. */
cs_error_t confdb_initialize(confdb_handle_t *handle, confdb_callbacks_t *callbacks);
cs_error_t confdb_finalize(confdb_handle_t handle);
cs_error_t confdb_fd_get(confdb_handle_t handle, int *fd);
cs_error_t confdb_dispatch(confdb_handle_t handle, cs_dispatch_flags_t dispatch_types);
cs_error_t confdb_context_get(confdb_handle_t handle, const void **context);
cs_error_t confdb_context_set(confdb_handle_t handle, const void *context);

/* CS_ERR_NOT_SUPPORTED: no daemon writes its configuration back; corosync 1.4 had no writer either. */
cs_error_t confdb_write(confdb_handle_t handle, char *error_text, size_t errbuf_len);
/* This node reads corosync.conf again; flush has no meaning. CS_ERR_ACCESS with the first error of the file. */
cs_error_t confdb_reload(confdb_handle_t handle, int flush, char *error_text, size_t errbuf_len);

/* flags: confdb_track_depth_t. */
cs_error_t confdb_track_changes(confdb_handle_t handle, hdb_handle_t object_handle, unsigned int flags);
/* Ends all tracking of the handle. */
cs_error_t confdb_stop_track_changes(confdb_handle_t handle);

cs_error_t confdb_object_create(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *object_name,
	size_t object_name_len, hdb_handle_t *object_handle);
/* With all keys and objects below it; nothing is done if one of them is read-only. */
cs_error_t confdb_object_destroy(confdb_handle_t handle, hdb_handle_t object_handle);
cs_error_t confdb_object_parent_get(confdb_handle_t handle, hdb_handle_t object_handle,
	hdb_handle_t *parent_object_handle);
/* object_name has room for 256 bytes. */
cs_error_t confdb_object_name_get(confdb_handle_t handle, hdb_handle_t object_handle, char *object_name,
	size_t *object_name_len);

cs_error_t confdb_key_create(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, const void *value, size_t value_len);
cs_error_t confdb_key_create_typed(confdb_handle_t handle, hdb_handle_t parent_object_handle, const char *key_name,
	const void *value, size_t value_len, confdb_value_types_t type);
/* value is not looked at. */
cs_error_t confdb_key_delete(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, const void *value, size_t value_len);
/* The key keeps its type; old_value is not looked at. */
cs_error_t confdb_key_replace(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, const void *old_value, size_t old_value_len, const void *new_value, size_t new_value_len);
/* Integers of 16 to 64 bits. */
cs_error_t confdb_key_increment(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, unsigned int *value);
cs_error_t confdb_key_decrement(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, unsigned int *value);

/*
 * value has room for 256 bytes; CS_ERR_TOO_BIG for a longer one. The functions that end in 2 allocate it if *value is
 * NULL, for the caller to free(); else it has room for the value.
 */
cs_error_t confdb_key_get(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *key_name,
	size_t key_name_len, void *value, size_t *value_len);
cs_error_t confdb_key_get_typed(confdb_handle_t handle, hdb_handle_t parent_object_handle, const char *key_name,
	void *value, size_t *value_len, confdb_value_types_t *type);
cs_error_t confdb_key_get_typed2(confdb_handle_t handle, hdb_handle_t parent_object_handle, const char *key_name,
	void **value, size_t *value_len, confdb_value_types_t *type);

/* Objects of one name below another one: a search for each parent. */
cs_error_t confdb_object_find_start(confdb_handle_t handle, hdb_handle_t parent_object_handle);
cs_error_t confdb_object_find(confdb_handle_t handle, hdb_handle_t parent_object_handle, const void *object_name,
	size_t object_name_len, hdb_handle_t *object_handle);
cs_error_t confdb_object_find_destroy(confdb_handle_t handle, hdb_handle_t parent_object_handle);

/* All objects below another one. object_name has room for 256 bytes. */
cs_error_t confdb_object_iter_start(confdb_handle_t handle, hdb_handle_t parent_object_handle);
cs_error_t confdb_object_iter(confdb_handle_t handle, hdb_handle_t parent_object_handle, hdb_handle_t *object_handle,
	void *object_name, size_t *object_name_len);
cs_error_t confdb_object_iter_destroy(confdb_handle_t handle, hdb_handle_t parent_object_handle);

/* The keys of an object. key_name and value have room for 256 bytes; the typed ones end key_name with a NUL. */
cs_error_t confdb_key_iter_start(confdb_handle_t handle, hdb_handle_t object_handle);
cs_error_t confdb_key_iter(confdb_handle_t handle, hdb_handle_t parent_object_handle, void *key_name,
	size_t *key_name_len, void *value, size_t *value_len);
cs_error_t confdb_key_iter_typed(confdb_handle_t handle, hdb_handle_t parent_object_handle, char *key_name,
	void *value, size_t *value_len, confdb_value_types_t *type);
cs_error_t confdb_key_iter_typed2(confdb_handle_t handle, hdb_handle_t parent_object_handle, char *key_name,
	void **value, size_t *value_len, confdb_value_types_t *type);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
