/* What libconfdb and the daemon say to each other: src/objects-wire.ts, as C lays it out. */
#ifndef CONFDB_WIRE_H
#define CONFDB_WIRE_H

#include <stdint.h>
#include <qb/qbipc_common.h>

enum {
	REQUEST_CREATE,
	REQUEST_DESTROY,
	REQUEST_SEARCH,
	REQUEST_NEXT,
	REQUEST_END_SEARCH,
	REQUEST_DESCRIBE,
	REQUEST_SET,
	REQUEST_GET,
	REQUEST_DELETE,
	REQUEST_ADJUST,
	REQUEST_KEY_AT,
	REQUEST_TRACK,
	REQUEST_END_TRACKING,
	REQUEST_RELOAD
};

enum { EVENT_KEY, EVENT_CREATED, EVENT_DESTROYED, EVENT_RELOAD };

enum { NAME_MAX_LENGTH = 256, MESSAGE_MAX = 64 * 1024 };

#define SLOT __attribute__((aligned(8)))

struct wire_name {
	uint16_t length SLOT;
	char text[NAME_MAX_LENGTH] SLOT;
};

struct request_object {
	struct qb_ipc_request_header header SLOT;
	uint64_t object SLOT; /* or a search */
};

struct request_name {
	struct qb_ipc_request_header header SLOT;
	uint64_t object SLOT;
	struct wire_name name SLOT;
};

struct request_set {
	struct qb_ipc_request_header header SLOT;
	uint64_t object SLOT;
	struct wire_name name SLOT;
	uint8_t type SLOT;
	uint8_t replace SLOT;
	uint64_t length SLOT;
};

struct request_adjust {
	struct qb_ipc_request_header header SLOT;
	uint64_t object SLOT;
	struct wire_name name SLOT;
	int32_t step;
};

struct request_key_at {
	struct qb_ipc_request_header header SLOT;
	uint64_t object SLOT;
	uint64_t position SLOT;
};

struct request_track {
	struct qb_ipc_request_header header SLOT;
	uint64_t object SLOT;
	uint8_t recursive SLOT;
};

struct response_handle {
	struct qb_ipc_response_header header SLOT;
	uint64_t handle SLOT;
	struct wire_name name SLOT; /* where there is one */
};

struct response_value {
	struct qb_ipc_response_header header SLOT;
	uint8_t type SLOT;
	uint64_t length SLOT;
	char value[];
};

struct response_key {
	struct qb_ipc_response_header header SLOT;
	struct wire_name name SLOT;
	uint8_t type SLOT;
	uint64_t length SLOT;
	char value[];
};

struct response_adjusted {
	struct qb_ipc_response_header header SLOT;
	uint32_t value SLOT;
};

struct event_key {
	struct qb_ipc_response_header header SLOT;
	uint8_t change SLOT;
	uint8_t type;
	uint64_t parent SLOT;
	uint64_t object SLOT;
	struct wire_name object_name SLOT;
	struct wire_name key_name SLOT;
	uint64_t length SLOT;
	char value[];
};

struct event_created {
	struct qb_ipc_response_header header SLOT;
	uint64_t parent SLOT;
	uint64_t object SLOT;
	struct wire_name name SLOT;
};

struct event_destroyed {
	struct qb_ipc_response_header header SLOT;
	uint64_t parent SLOT;
	struct wire_name name SLOT;
};

struct event_reload {
	struct qb_ipc_response_header header SLOT;
	uint8_t phase SLOT;
};

#endif
