/*
 * Calls every function of libcmap, in every way that has a documented result of its own, and prints what came of it.
 *
 * build: cc -o cmap-suite cmap-suite.c -lcmap
 */
#include <corosync/cmap.h>
#include <inttypes.h>
#include "say.h"

static cmap_handle_t map;
static int told;

static void print_value(const char *label, struct cmap_notify_value value)
{
	printf(" %s(%d %zu", label, value.type, value.len);
	if (value.type == CMAP_VALUETYPE_STRING)
		printf(" %s", (const char *)value.data);
	else if (value.type == CMAP_VALUETYPE_UINT32)
		printf(" %" PRIu32, *(const uint32_t *)value.data);
	printf(")");
}

static void notified(cmap_handle_t handle, cmap_track_handle_t track, int32_t event, const char *key,
	struct cmap_notify_value new_value, struct cmap_notify_value old_value, void *data)
{
	(void)track;
	printf("%s: %s %s event %d", (const char *)data, handle == map ? "own" : "foreign", key, event);
	print_value("new", new_value);
	print_value("old", old_value);
	printf("\n");
	told++;
}

static void values(void)
{
	int8_t i8; uint8_t u8; int16_t i16; uint16_t u16; int32_t i32; uint32_t u32; int64_t i64; uint64_t u64;
	float flt; double dbl;
	char *text, bytes[100];
	size_t length;
	cmap_value_types_t type;

	SAY(cmap_set_int8(map, "suite.i8", -100));
	SAY(cmap_set_uint8(map, "suite.u8", 200));
	SAY(cmap_set_int16(map, "suite.i16", -30000));
	SAY(cmap_set_uint16(map, "suite.u16", 60000));
	SAY(cmap_set_int32(map, "suite.i32", -2000000000));
	SAY(cmap_set_uint32(map, "suite.u32", 4000000000U));
	SAY(cmap_set_int64(map, "suite.i64", INT64_MIN));
	SAY(cmap_set_uint64(map, "suite.u64", UINT64_MAX));
	SAY(cmap_set_float(map, "suite.float", 1.5f));
	SAY(cmap_set_double(map, "suite.double", -2.25));
	SAY(cmap_set_string(map, "suite.string", "some text"));
	SAY(cmap_set(map, "suite.binary", "a\0b", 3, CMAP_VALUETYPE_BINARY));
	SAY(cmap_set(map, "suite.nothing", "", 0, CMAP_VALUETYPE_BINARY));
	SAY(cmap_set(map, "suite.part", "textual", 4, CMAP_VALUETYPE_STRING));
	SAY(cmap_get_int8(map, "suite.i8", &i8)); say("i8", i8);
	SAY(cmap_get_uint8(map, "suite.u8", &u8)); say("u8", u8);
	SAY(cmap_get_int16(map, "suite.i16", &i16)); say("i16", i16);
	SAY(cmap_get_uint16(map, "suite.u16", &u16)); say("u16", u16);
	SAY(cmap_get_int32(map, "suite.i32", &i32)); say("i32", i32);
	SAY(cmap_get_uint32(map, "suite.u32", &u32)); say("u32", u32);
	SAY(cmap_get_int64(map, "suite.i64", &i64)); say("i64", i64);
	SAY(cmap_get_uint64(map, "suite.u64", &u64)); say("u64 is the largest", u64 == UINT64_MAX);
	SAY(cmap_get_float(map, "suite.float", &flt)); printf("float %f\n", flt);
	SAY(cmap_get_double(map, "suite.double", &dbl)); printf("double %f\n", dbl);
	SAY(cmap_get_string(map, "suite.string", &text)); printf("string %s\n", text); free(text);
	SAY(cmap_get_string(map, "suite.part", &text)); printf("part %s\n", text); free(text);
	SAY(cmap_get_uint8(map, "suite.i8", &u8));
	SAY(cmap_get_string(map, "suite.i8", &text));
	SAY(cmap_get_int8(map, "suite.none", &i8));
	SAY(cmap_get_string(map, "suite.none", &text));
	SAY(cmap_get(map, "suite.binary", NULL, &length, &type)); say("length", length); say("type", type);
	SAY(cmap_get(map, "suite.binary", NULL, NULL, NULL));
	SAY(cmap_get(map, "suite.binary", NULL, NULL, &type));
	length = 2;
	SAY(cmap_get(map, "suite.binary", bytes, &length, &type));
	length = sizeof(bytes);
	SAY(cmap_get(map, "suite.binary", bytes, &length, &type)); say("length", length); say("middle", bytes[1]);
	length = sizeof(bytes);
	SAY(cmap_get(map, "suite.nothing", bytes, &length, &type)); say("length", length);
	SAY(cmap_get(map, NULL, bytes, &length, &type));
	SAY(cmap_get(map, "suite.none", bytes, &length, &type));
	SAY(cmap_set(map, NULL, "x", 1, CMAP_VALUETYPE_BINARY));
	SAY(cmap_set(map, "suite.x", NULL, 1, CMAP_VALUETYPE_BINARY));
	SAY(cmap_set(map, "suite.x", "x", 1, 77));
	SAY(cmap_set(map, "suite.x", "x", 1, CMAP_VALUETYPE_UINT32));
	SAY(cmap_set(map, "suite.x", "12345678", 8, CMAP_VALUETYPE_UINT32));
	SAY(cmap_set_string(map, "suite.x", NULL));
}

static void names(void)
{
	char longest[300];

	memset(longest, 'k', sizeof(longest));
	longest[255] = 0;
	SAY(cmap_set_uint8(map, longest, 1));
	SAY(cmap_delete(map, longest));
	longest[255] = 'k';
	longest[256] = 0;
	SAY(cmap_set_uint8(map, longest, 1));
	SAY(cmap_delete(map, longest));
	SAY(cmap_set_uint8(map, "ab", 1));
	SAY(cmap_set_uint8(map, "abc", 1));
	SAY(cmap_delete(map, "abc"));
	SAY(cmap_set_uint8(map, "", 1));
	SAY(cmap_set_uint8(map, "suite.with blank", 1));
	SAY(cmap_set_uint8(map, "suite.$", 1));
	SAY(cmap_set_uint8(map, "suite._-/:A9", 1));
	SAY(cmap_set_uint8(map, "suite..double", 1));
	SAY(cmap_delete(map, "suite._-/:A9"));
	SAY(cmap_delete(map, "suite..double"));
	SAY(cmap_delete(map, "suite.none"));
	SAY(cmap_delete(map, NULL));
	SAY(cmap_set_uint32(map, "totem.version", 3));
	SAY(cmap_delete(map, "totem.version"));
	SAY(cmap_set_string(map, "totem.cluster_name", "x"));
	SAY(cmap_inc(map, "totem.version"));
	SAY(cmap_dec(map, "totem.version"));
	SAY(cmap_set_uint8(map, "nodelist.local_node_pos", 1));
	SAY(cmap_set_uint32(map, "runtime.votequorum.ev_barrier", 1));
}

static void counting(void)
{
	uint8_t u8;
	int32_t i32;

	SAY(cmap_set_uint8(map, "suite.u8", 255));
	SAY(cmap_inc(map, "suite.u8"));
	SAY(cmap_get_uint8(map, "suite.u8", &u8)); say("u8", u8);
	SAY(cmap_dec(map, "suite.u8"));
	SAY(cmap_get_uint8(map, "suite.u8", &u8)); say("u8", u8);
	SAY(cmap_inc(map, "suite.i32"));
	SAY(cmap_get_int32(map, "suite.i32", &i32)); say("i32", i32);
	SAY(cmap_inc(map, "suite.u64"));
	SAY(cmap_dec(map, "suite.i64"));
	SAY(cmap_inc(map, "suite.float"));
	SAY(cmap_inc(map, "suite.string"));
	SAY(cmap_dec(map, "suite.binary"));
	SAY(cmap_inc(map, "suite.none"));
	SAY(cmap_dec(map, "suite.none"));
	SAY(cmap_dec(map, NULL));
}

static void iterating(void)
{
	cmap_iter_handle_t iterator;
	char name[CMAP_KEYNAME_MAXLEN + 1];
	size_t length;
	cmap_value_types_t type;
	cs_error_t error;

	SAY(cmap_iter_init(map, "suite.", &iterator));
	while ((error = TRY(cmap_iter_next(map, iterator, name, &length, &type))) == CS_OK) {
		printf("key %s %zu %d\n", name, length, type);
		if (strcmp(name, "suite.i16") == 0)
			SAY(cmap_delete(map, "suite.i32"));
	}
	say("end", error);
	SAY(cmap_iter_finalize(map, iterator));
	SAY(cmap_iter_finalize(map, iterator));
	SAY(cmap_iter_next(map, iterator, name, NULL, NULL));
	SAY(cmap_iter_init(map, "none.such", &iterator));
	SAY(cmap_iter_next(map, iterator, name, NULL, NULL));
	SAY(cmap_iter_next(map, iterator, NULL, NULL, NULL));
	SAY(cmap_iter_init(map, "suite.", NULL));
	SAY(cmap_iter_finalize(map, iterator));
	SAY(cmap_iter_init(map, NULL, &iterator));
	SAY(cmap_iter_next(map, iterator, name, NULL, NULL));
	SAY(cmap_iter_finalize(map, iterator));
}

static void tracking(void)
{
	cmap_track_handle_t key, prefix, additions;
	int fd;
	enum { CHANGES = CMAP_TRACK_ADD | CMAP_TRACK_DELETE | CMAP_TRACK_MODIFY };

	SAY(cmap_fd_get(map, &fd));
	SAY(cmap_track_add(map, "suite.t.key", CHANGES, notified, "key", &key));
	SAY(cmap_track_add(map, "suite.t.", CHANGES | CMAP_TRACK_PREFIX, notified, "prefix", &prefix));
	SAY(cmap_track_add(map, "suite.t.", CMAP_TRACK_ADD | CMAP_TRACK_PREFIX, notified, "additions", &additions));
	SAY(cmap_track_add(map, "suite.t.", 0, notified, "nothing", &additions));
	SAY(cmap_track_add(map, "suite.t.", CMAP_TRACK_PREFIX, notified, "nothing", &additions));
	SAY(cmap_track_add(map, "suite.t.", 64, notified, "nothing", &additions));
	SAY(cmap_track_add(map, "suite.t.", CHANGES, NULL, "nothing", &additions));
	SAY(cmap_track_add(map, "suite.t.", CHANGES, notified, "nothing", NULL));
	SAY(cmap_track_add(map, NULL, CHANGES, notified, "nothing", &additions));
	SAY(cmap_set_uint32(map, "suite.t.key", 1));
	SAY(cmap_set_uint32(map, "suite.t.key", 1));
	SAY(cmap_set_uint32(map, "suite.t.key", 2));
	SAY(cmap_inc(map, "suite.t.key"));
	SAY(cmap_set_string(map, "suite.t.key", "now a text"));
	SAY(cmap_set_string(map, "suite.t.key2", "another"));
	SAY(cmap_delete(map, "suite.t.key2"));
	SAY(cmap_delete(map, "suite.t.key"));
	DISPATCH_UNTIL(fd, cmap_dispatch(map, CS_DISPATCH_ALL), told >= 14);
	say("told", told);
	SAY(cmap_track_delete(map, key));
	SAY(cmap_track_delete(map, key));
	SAY(cmap_set_uint32(map, "suite.t.key", 5));
	DISPATCH_UNTIL(fd, cmap_dispatch(map, CS_DISPATCH_ONE), told >= 16);
	say("told", told);
	say("cmap_dispatch of nothing", cmap_dispatch(map, CS_DISPATCH_ONE_NONBLOCKING));
	SAY(cmap_track_delete(map, prefix));
	SAY(cmap_delete(map, "suite.t.key"));
}

static void statistics(void)
{
	cmap_handle_t stats;
	uint64_t count = 0;
	uint32_t number;
	char *text;

	SAY(cmap_initialize_map(&stats, CMAP_MAP_STATS));
	SAY(cmap_get_uint64(stats, "stats.srp.mcast_tx", &count)); 
	/* coteried brings them up to date once a second. */
	for (int i = 0; i < PATIENCE_MS && count == 0; i++, usleep(1000))
		cmap_get_uint64(stats, "stats.srp.mcast_tx", &count);
	say("counted", count > 0);
	SAY(cmap_get_uint32(stats, "stats.pg.msg_reserved", &number));
	SAY(cmap_get_uint32(stats, "stats.srp.mcast_tx", &number));
	SAY(cmap_get_string(stats, "totem.cluster_name", &text));
	SAY(cmap_set_uint32(stats, "stats.pg.msg_reserved", 1));
	SAY(cmap_set_uint32(stats, "other.key", 1));
	SAY(cmap_set_uint32(stats, "stats.clear.totem", 1));
	SAY(cmap_delete(stats, "stats.pg.msg_reserved"));
	SAY(cmap_inc(stats, "stats.pg.msg_reserved"));
	SAY(cmap_get_uint64(map, "stats.srp.mcast_tx", &count));
	SAY(cmap_finalize(stats));
	SAY(cmap_initialize_map(&stats, 7));
}

static void without_connection(cmap_handle_t handle)
{
	const void *context;
	int fd;
	cmap_iter_handle_t iterator;
	cmap_track_handle_t track;
	size_t length;
	cmap_value_types_t type;

	SAY(cmap_finalize(handle));
	SAY(cmap_fd_get(handle, &fd));
	SAY(cmap_dispatch(handle, CS_DISPATCH_ALL));
	SAY(cmap_context_get(handle, &context));
	SAY(cmap_context_set(handle, NULL));
	SAY(cmap_set_uint8(handle, "suite.x", 1));
	SAY(cmap_get(handle, "suite.x", NULL, &length, &type));
	SAY(cmap_delete(handle, "suite.x"));
	SAY(cmap_inc(handle, "suite.x"));
	SAY(cmap_dec(handle, "suite.x"));
	SAY(cmap_iter_init(handle, NULL, &iterator));
	SAY(cmap_track_add(handle, "suite.x", CMAP_TRACK_ADD, notified, NULL, &track));
}

int main(void)
{
	const void *context = NULL;

	without_connection(NO_HANDLE);
	SAY(cmap_initialize(&map));
	SAY(cmap_context_set(map, &map));
	SAY(cmap_context_get(map, &context)); say("context", context == &map);
	values();
	names();
	counting();
	iterating();
	tracking();
	statistics();
	SAY(cmap_finalize(map));
	without_connection(map);
	return 0;
}
