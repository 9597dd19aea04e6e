/*
 * Uses every function of libconfdb, with what each answers when all is well and when not. Prints "ok" at the end; what is
 * not as it should be is printed with its line, and the exit code is 1.
 *
 * usage: confdb
 * build: cc -o confdb confdb.c -lconfdb
 */
#include <corosync/confdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static char events[4096];

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			printf("%d: not %s\n", __LINE__, #condition);                                                  \
			failures++;                                                                                    \
		}                                                                                                      \
	} while (0)

#define IS(expected, call)                                                                                             \
	do {                                                                                                           \
		int got = (call);                                                                                      \
		if (got != (expected)) {                                                                               \
			printf("%d: %s: %d instead of %d\n", __LINE__, #call, got, (expected));                        \
			failures++;                                                                                    \
		}                                                                                                      \
	} while (0)

static void note(const char *what, const void *name, size_t name_length, const void *more, size_t more_length)
{
	size_t used = strlen(events);
	snprintf(events + used, sizeof events - used, "%s %.*s %.*s;", what, (int)name_length, (const char *)name,
		(int)more_length, (const char *)more);
}

static void on_key(confdb_handle_t handle, confdb_change_type_t type, hdb_handle_t parent, hdb_handle_t object,
	const void *object_name, size_t object_name_len, const void *key, size_t key_len, const void *value, size_t value_len)
{
	static const char *const names[] = { "created", "replaced", "deleted" };
	(void)handle, (void)parent, (void)object, (void)object_name, (void)object_name_len;
	note(names[type], key, key_len, value, value_len > 0 ? strnlen(value, value_len) : 0);
}

static void on_create(confdb_handle_t handle, hdb_handle_t parent, hdb_handle_t object, const void *name, size_t length)
{
	(void)handle, (void)parent, (void)object;
	note("object", name, length, "", 0);
}

static void on_delete(confdb_handle_t handle, hdb_handle_t parent, const void *name, size_t length)
{
	(void)handle, (void)parent;
	note("gone", name, length, "", 0);
}

static void on_reload(confdb_handle_t handle, confdb_reload_type_t type)
{
	static const char *const names[] = { "start", "end", "failed" };
	(void)handle;
	note("reload", names[type], strlen(names[type]), "", 0);
}

/* Dispatches until the events end with `last`, at most ten seconds. */
static void await(confdb_handle_t handle, const char *last)
{
	struct pollfd fd = { .events = POLLIN };
	IS(CS_OK, confdb_fd_get(handle, &fd.fd));
	for (;;) {
		IS(CS_OK, confdb_dispatch(handle, CS_DISPATCH_ALL));
		size_t end = strlen(events), length = strlen(last);
		if (end >= length && strcmp(events + end - length, last) == 0)
			return;
		if (poll(&fd, 1, 10000) != 1) {
			printf("no %s in: %s\n", last, events);
			failures++;
			return;
		}
	}
}

static void use_objects(confdb_handle_t handle)
{
	hdb_handle_t first, second, found, above;
	char name[256];
	size_t length;
	IS(CS_OK, confdb_object_create(handle, OBJECT_PARENT_HANDLE, "app", 3, &first));
	IS(CS_OK, confdb_object_create(handle, OBJECT_PARENT_HANDLE, "app", 3, &second));
	CHECK(first != second);
	IS(CS_ERR_ACCESS, confdb_object_create(handle, OBJECT_PARENT_HANDLE, "a.b", 3, &found));
	IS(CS_ERR_ACCESS, confdb_object_create(handle, OBJECT_PARENT_HANDLE, "12", 2, &found));
	IS(CS_ERR_ACCESS, confdb_object_create(handle, 12345, "app", 3, &found));
	IS(CS_ERR_INVALID_PARAM, confdb_object_create(handle, OBJECT_PARENT_HANDLE, NULL, 3, &found));

	IS(CS_ERR_CONTEXT_NOT_FOUND, confdb_object_find(handle, OBJECT_PARENT_HANDLE, "app", 3, &found));
	IS(CS_OK, confdb_object_find_start(handle, OBJECT_PARENT_HANDLE));
	IS(CS_OK, confdb_object_find(handle, OBJECT_PARENT_HANDLE, "app", 3, &found));
	CHECK(found == first);
	IS(CS_OK, confdb_object_find(handle, OBJECT_PARENT_HANDLE, "app", 3, &found));
	CHECK(found == second);
	IS(CS_ERR_ACCESS, confdb_object_find(handle, OBJECT_PARENT_HANDLE, "app", 3, &found));
	IS(CS_OK, confdb_object_find_destroy(handle, OBJECT_PARENT_HANDLE));
	IS(CS_ERR_LIBRARY, confdb_object_find_destroy(handle, OBJECT_PARENT_HANDLE));

	IS(CS_OK, confdb_object_create(handle, first, "part", 4, &found));
	IS(CS_OK, confdb_object_parent_get(handle, found, &above));
	CHECK(above == first);
	IS(CS_OK, confdb_object_name_get(handle, second, name, &length));
	CHECK(length == 3 && strcmp(name, "app") == 0);
	IS(CS_ERR_ACCESS, confdb_object_name_get(handle, 12345, name, &length));

	IS(CS_ERR_CONTEXT_NOT_FOUND, confdb_object_iter(handle, first, &found, name, &length));
	IS(CS_OK, confdb_object_iter_start(handle, first));
	IS(CS_OK, confdb_object_iter(handle, first, &found, name, &length));
	CHECK(length == 4 && memcmp(name, "part", 4) == 0);
	IS(CS_ERR_ACCESS, confdb_object_iter(handle, first, &found, name, &length));
	IS(CS_OK, confdb_object_iter_destroy(handle, first));
	IS(CS_OK, confdb_object_destroy(handle, first));
	IS(CS_ERR_ACCESS, confdb_object_destroy(handle, first));
	IS(CS_OK, confdb_object_destroy(handle, second));
}

static void use_keys(confdb_handle_t handle)
{
	hdb_handle_t object;
	confdb_value_types_t type;
	char name[256], value[256], large[4000];
	size_t length, name_length;
	void *made = NULL;
	unsigned int number = 0;
	uint32_t stored = 41;
	IS(CS_OK, confdb_object_create(handle, OBJECT_PARENT_HANDLE, "keys", 4, &object));
	IS(CS_OK, confdb_key_create_typed(handle, object, "b_number", &stored, sizeof stored, CONFDB_VALUETYPE_UINT32));
	IS(CS_OK, confdb_key_create_typed(handle, object, "c_text", "green", 6, CONFDB_VALUETYPE_STRING));
	IS(CS_OK, confdb_key_create(handle, object, "a_bytes", 7, "\1\0\2", 3));
	IS(CS_ERR_ACCESS, confdb_key_create_typed(handle, object, "wrong", &stored, 3, CONFDB_VALUETYPE_UINT32));
	IS(CS_ERR_ACCESS, confdb_key_create(handle, object, "a.b", 3, "x", 1));
	IS(CS_ERR_INVALID_PARAM, confdb_key_create_typed(handle, object, "wrong", &stored, 4, 99));
	IS(CS_ERR_ACCESS, confdb_key_create(handle, 12345, "key", 3, "x", 1));

	IS(CS_OK, confdb_key_get(handle, object, "a_bytes", 7, value, &length));
	CHECK(length == 3 && memcmp(value, "\1\0\2", 3) == 0);
	IS(CS_OK, confdb_key_get_typed(handle, object, "b_number", value, &length, &type));
	CHECK(length == 4 && memcmp(value, &stored, 4) == 0 && type == CONFDB_VALUETYPE_UINT32);
	IS(CS_OK, confdb_key_get_typed2(handle, object, "c_text", &made, &length, &type));
	CHECK(length == 6 && strcmp(made, "green") == 0 && type == CONFDB_VALUETYPE_STRING);
	free(made);
	IS(CS_ERR_ACCESS, confdb_key_get(handle, object, "none", 4, value, &length));

	IS(CS_OK, confdb_key_increment(handle, object, "b_number", 8, &number));
	CHECK(number == 42);
	IS(CS_OK, confdb_key_decrement(handle, object, "b_number", 8, &number));
	CHECK(number == 41);
	IS(CS_ERR_ACCESS, confdb_key_increment(handle, object, "c_text", 6, &number));
	IS(CS_OK, confdb_key_replace(handle, object, "c_text", 6, "green", 6, "red", 4));
	IS(CS_OK, confdb_key_get_typed(handle, object, "c_text", value, &length, &type));
	CHECK(length == 4 && strcmp(value, "red") == 0 && type == CONFDB_VALUETYPE_STRING);
	IS(CS_ERR_ACCESS, confdb_key_replace(handle, object, "none", 4, "", 0, "red", 4));

	IS(CS_ERR_CONTEXT_NOT_FOUND, confdb_key_iter(handle, object, name, &name_length, value, &length));
	IS(CS_OK, confdb_key_iter_start(handle, object));
	IS(CS_OK, confdb_key_iter(handle, object, name, &name_length, value, &length));
	CHECK(name_length == 7 && memcmp(name, "a_bytes", 7) == 0 && length == 3);
	IS(CS_OK, confdb_key_iter_typed(handle, object, name, value, &length, &type));
	CHECK(strcmp(name, "b_number") == 0 && type == CONFDB_VALUETYPE_UINT32);
	made = NULL;
	IS(CS_OK, confdb_key_iter_typed2(handle, object, name, &made, &length, &type));
	CHECK(strcmp(name, "c_text") == 0 && strcmp(made, "red") == 0);
	free(made);
	IS(CS_ERR_ACCESS, confdb_key_iter(handle, object, name, &name_length, value, &length));

	memset(large, 'x', sizeof large);
	IS(CS_OK, confdb_key_create(handle, object, "large", 5, large, sizeof large));
	IS(CS_ERR_TOO_BIG, confdb_key_get(handle, object, "large", 5, value, &length));
	made = NULL;
	IS(CS_OK, confdb_key_get_typed2(handle, object, "large", &made, &length, &type));
	CHECK(length == sizeof large && memcmp(made, large, length) == 0 && type == CONFDB_VALUETYPE_ANY);
	free(made);
	IS(CS_OK, confdb_key_delete(handle, object, "large", 5, NULL, 0));
	IS(CS_ERR_ACCESS, confdb_key_delete(handle, object, "large", 5, NULL, 0));
	IS(CS_OK, confdb_object_destroy(handle, object));
}

/* What the file says: numbered objects, read-only keys. */
static void read_configuration(confdb_handle_t handle)
{
	hdb_handle_t list, node;
	confdb_value_types_t type;
	char value[256];
	size_t length;
	int nodes = 0;
	IS(CS_OK, confdb_object_find_start(handle, OBJECT_PARENT_HANDLE));
	IS(CS_OK, confdb_object_find(handle, OBJECT_PARENT_HANDLE, "nodelist", 8, &list));
	IS(CS_OK, confdb_object_find_start(handle, list));
	while (confdb_object_find(handle, list, "node", 4, &node) == CS_OK) {
		uint32_t id;
		nodes++;
		IS(CS_OK, confdb_key_get_typed(handle, node, "nodeid", value, &length, &type));
		memcpy(&id, value, sizeof id);
		CHECK(type == CONFDB_VALUETYPE_UINT32 && id == (uint32_t)nodes);
	}
	CHECK(nodes == 3);
	IS(CS_ERR_ACCESS, confdb_key_replace(handle, list, "local_node_pos", 14, NULL, 0, "\0\0\0", 4));
	IS(CS_ERR_ACCESS, confdb_object_destroy(handle, list));
}

static void track(confdb_handle_t handle)
{
	hdb_handle_t object, part;
	char text[256];
	unsigned int number;
	uint16_t one = 1;
	IS(CS_OK, confdb_object_create(handle, OBJECT_PARENT_HANDLE, "tracked", 7, &object));
	IS(CS_ERR_ACCESS, confdb_track_changes(handle, 12345, CONFDB_TRACK_DEPTH_ONE));
	IS(CS_ERR_INVALID_PARAM, confdb_track_changes(handle, object, 2));
	IS(CS_OK, confdb_track_changes(handle, object, CONFDB_TRACK_DEPTH_ONE));
	IS(CS_OK, confdb_key_create_typed(handle, object, "text", "one", 4, CONFDB_VALUETYPE_STRING));
	IS(CS_OK, confdb_key_replace(handle, object, "text", 4, NULL, 0, "two", 4));
	IS(CS_OK, confdb_key_replace(handle, object, "text", 4, NULL, 0, "two", 4));
	IS(CS_OK, confdb_object_create(handle, object, "part", 4, &part));
	IS(CS_OK, confdb_key_create_typed(handle, part, "deep", &one, 2, CONFDB_VALUETYPE_UINT16));
	IS(CS_OK, confdb_object_destroy(handle, part));
	IS(CS_OK, confdb_key_delete(handle, object, "text", 4, NULL, 0));
	await(handle, "deleted text two;");
	CHECK(strcmp(events, "created text one;replaced text two;object part ;gone part ;deleted text two;") == 0);
	IS(CS_OK, confdb_stop_track_changes(handle));

	events[0] = '\0';
	IS(CS_OK, confdb_track_changes(handle, OBJECT_PARENT_HANDLE, CONFDB_TRACK_DEPTH_RECURSIVE));
	IS(CS_OK, confdb_object_create(handle, object, "part", 4, &part));
	IS(CS_OK, confdb_key_create_typed(handle, part, "deep", &one, 2, CONFDB_VALUETYPE_UINT16));
	IS(CS_OK, confdb_key_increment(handle, part, "deep", 4, &number));
	IS(CS_OK, confdb_object_destroy(handle, object));
	await(handle, "gone tracked ;");
	CHECK(strstr(events, "object part ;created deep \1;replaced deep \2;deleted deep \2;") != NULL);

	events[0] = '\0';
	IS(CS_OK, confdb_reload(handle, 0, text, sizeof text));
	await(handle, "reload end ;");
	CHECK(strstr(events, "reload start ;") != NULL);
	IS(CS_OK, confdb_stop_track_changes(handle));
	IS(CS_ERR_NOT_SUPPORTED, confdb_write(handle, text, sizeof text));
	CHECK(strlen(text) > 0);
}

/* What is below the object "cluster" is there on all nodes. */
static void share(confdb_handle_t handle)
{
	hdb_handle_t cluster;
	char value[256];
	size_t length;
	cs_error_t error = confdb_object_create(handle, OBJECT_PARENT_HANDLE, "cluster", 7, &cluster);
	IS(CS_OK, error);
	IS(CS_OK, confdb_key_create_typed(handle, cluster, "colour", "green", 6, CONFDB_VALUETYPE_STRING));
	IS(CS_OK, confdb_key_get(handle, cluster, "colour", 6, value, &length));
	CHECK(length == 6 && strcmp(value, "green") == 0);
}

int main(void)
{
	confdb_callbacks_t callbacks = { on_create, on_delete, on_key, on_reload };
	confdb_handle_t handle, other;
	const void *context = NULL;
	int fd;
	IS(CS_ERR_INVALID_PARAM, confdb_initialize(NULL, &callbacks));
	IS(CS_OK, confdb_initialize(&other, NULL));
	IS(CS_OK, confdb_initialize(&handle, &callbacks));
	if (failures > 0)
		return 1;
	IS(CS_OK, confdb_context_set(handle, &handle));
	IS(CS_OK, confdb_context_get(handle, &context));
	CHECK(context == &handle);
	use_objects(handle);
	use_keys(handle);
	read_configuration(handle);
	track(handle);
	share(other);
	IS(CS_OK, confdb_finalize(handle));
	IS(CS_ERR_BAD_HANDLE, confdb_finalize(handle));
	IS(CS_ERR_BAD_HANDLE, confdb_fd_get(handle, &fd));
	IS(CS_OK, confdb_finalize(other));
	if (failures == 0)
		puts("ok");
	return failures > 0;
}
