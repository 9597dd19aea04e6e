/*
 * Calls every function of libcpg, in every way that has a documented result of its own, and prints what came of it.
 *
 * usage: cpg-suite calls       all of them, on one node
 *        cpg-suite zero-copy   those of buffers that are shared with the daemon
 *        cpg-suite watch       joins a group, prints who comes and goes, and ends once it has been alone again
 *        cpg-suite join        joins the same group and stays until it is killed
 * build: cc -o cpg-suite cpg-suite.c -lcpg
 */
#include <corosync/cpg.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "say.h"

enum { LARGE = 3000000 };

static pid_t self;
static int delivered, changes, members, rings, joins, leaves;
static uint64_t last_sequence;

static const char *who(uint32_t pid)
{
	return pid == (uint32_t)self ? "self" : "other";
}

static void print_addresses(const char *label, const struct cpg_address *list, size_t count)
{
	printf(" %s", label);
	for (size_t i = 0; i < count; i++)
		printf(" %u/%s/%u", list[i].nodeid, who(list[i].pid), list[i].reason);
}

static void deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t node, uint32_t pid, void *message,
	size_t length)
{
	const unsigned char *bytes = message;
	unsigned long sum = 0;

	(void)handle;
	for (size_t i = 0; i < length; i++)
		sum = sum * 31 + bytes[i];
	printf("deliver %.*s from %u/%s length %zu sum %lu\n", (int)group->length, group->value, node, who(pid), length, sum);
	delivered++;
}

static void changed(cpg_handle_t handle, const struct cpg_name *group, const struct cpg_address *member_list, size_t member_count,
	const struct cpg_address *left, size_t left_count, const struct cpg_address *joined, size_t joined_count)
{
	(void)handle;
	printf("group %.*s", (int)group->length, group->value);
	print_addresses("members", member_list, member_count);
	print_addresses("left", left, left_count);
	print_addresses("joined", joined, joined_count);
	printf("\n");
	fflush(stdout);
	members = member_count;
	joins += joined_count;
	leaves += left_count;
	changes++;
}

static void ring_changed(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t count, const uint32_t *list)
{
	(void)handle;
	printf("ring %u later %d members", ring.nodeid, ring.seq > last_sequence);
	for (uint32_t i = 0; i < count; i++)
		printf(" %u", list[i]);
	printf("\n");
	fflush(stdout);
	last_sequence = ring.seq;
	rings++;
}

static cpg_model_v1_data_t model = {
	.model = CPG_MODEL_V1,
	.cpg_deliver_fn = deliver,
	.cpg_confchg_fn = changed,
	.cpg_totem_confchg_fn = ring_changed,
	.flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
};

static struct cpg_name named(const char *text)
{
	struct cpg_name name = { .length = strlen(text) };
	memcpy(name.value, text, name.length);
	return name;
}

static void without_connection(cpg_handle_t handle)
{
	struct cpg_name group = named("suite");
	struct cpg_address list[CPG_MEMBERS_MAX];
	cpg_flow_control_state_t flow;
	cpg_iteration_handle_t iteration;
	struct iovec iov = { "x", 1 };
	void *context;
	uint32_t size;
	unsigned int node;
	int number;

	SAY(cpg_finalize(handle));
	SAY(cpg_fd_get(handle, &number));
	SAY(cpg_max_atomic_msgsize_get(handle, &size));
	SAY(cpg_context_get(handle, &context));
	SAY(cpg_context_set(handle, NULL));
	SAY(cpg_dispatch(handle, CS_DISPATCH_ALL));
	SAY(cpg_join(handle, &group));
	SAY(cpg_leave(handle, &group));
	SAY(cpg_mcast_joined(handle, CPG_TYPE_AGREED, &iov, 1));
	SAY(cpg_membership_get(handle, &group, list, &number));
	SAY(cpg_local_get(handle, &node));
	SAY(cpg_flow_control_state_get(handle, &flow));
	SAY(cpg_zcb_alloc(handle, 100, &context));
	SAY(cpg_zcb_mcast_joined(handle, CPG_TYPE_AGREED, "x", 1));
	SAY(cpg_iteration_initialize(handle, CPG_ITERATION_ALL, NULL, &iteration));
	SAY(cpg_iteration_next(handle, NULL));
	SAY(cpg_iteration_finalize(handle));
}

static void iterate(cpg_handle_t handle, cpg_iteration_type_t type, const char *group)
{
	struct cpg_iteration_description_t found;
	struct cpg_name name = named(group == NULL ? "" : group);
	cpg_iteration_handle_t iteration;
	cs_error_t error;

	say("iteration of type", type);
	SAY(cpg_iteration_initialize(handle, type, group == NULL ? NULL : &name, &iteration));
	/* Groups of others are none of this suite's business. */
	while ((error = TRY(cpg_iteration_next(iteration, &found))) == CS_OK)
		if (found.group.length >= 5 && memcmp(found.group.value, "suite", 5) == 0)
			printf("found %.*s %u/%s\n", (int)found.group.length, found.group.value, found.nodeid,
				found.pid == 0 ? "nobody" : who(found.pid));
	say("end", error);
	SAY(cpg_iteration_finalize(iteration));
	SAY(cpg_iteration_finalize(iteration));
}

static void multicasts(cpg_handle_t handle, int fd)
{
	static char large[LARGE];
	struct iovec parts[3] = { { "one ", 4 }, { "", 0 }, { "message", 7 } };
	struct iovec whole = { large, sizeof(large) };

	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = i * 7 + i / 1000;
	delivered = 0;
	SAY(cpg_mcast_joined(handle, CPG_TYPE_AGREED, parts, 3));
	SAY(cpg_mcast_joined(handle, CPG_TYPE_FIFO, parts, 1));
	SAY(cpg_mcast_joined(handle, CPG_TYPE_UNORDERED, parts, 1));
	SAY(cpg_mcast_joined(handle, CPG_TYPE_SAFE, parts, 1));
	SAY(cpg_mcast_joined(handle, CPG_TYPE_AGREED, &parts[1], 1));
	DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ONE), delivered >= 5);
	delivered = 0;
	SAY(cpg_mcast_joined(handle, CPG_TYPE_AGREED, &whole, 1));
	DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), delivered >= 1);
	whole.iov_len = 1024 * 1024;
	SAY(cpg_mcast_joined(handle, CPG_TYPE_AGREED, &whole, 1));
	DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), delivered >= 2);
}

static void membership(cpg_handle_t handle, const char *group)
{
	struct cpg_address list[CPG_MEMBERS_MAX];
	struct cpg_name name = named(group);
	int count = CPG_MEMBERS_MAX;

	SAY(cpg_membership_get(handle, &name, list, &count));
	print_addresses("members", list, count);
	printf(" (%d)\n", count);
}

/* A process that joins and leaves, and one that joins and dies. */
static void comings_and_goings(cpg_handle_t handle, int fd)
{
	struct cpg_name group = named("suite");
	cpg_callbacks_t none = { 0 };

	for (int dies = 0; dies < 2; dies++) {
		pid_t child = fork();
		if (child == 0) {
			cpg_handle_t own;
			if (TRY(cpg_initialize(&own, &none)) == CS_OK && TRY(cpg_join(own, &group)) == CS_OK && !dies)
				TRY(cpg_leave(own, &group));
			if (dies)
				raise(9);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		int wanted = changes + 2;
		DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), changes >= wanted);
	}
}

static void calls(void)
{
	cpg_callbacks_t callbacks = { deliver, changed };
	cpg_flow_control_state_t flow = 99;
	struct cpg_name group = named("suite"), empty = { 0 }, longest, longer;
	struct iovec iov = { "x", 1 };
	cpg_iteration_handle_t iteration;
	cpg_handle_t handle, second;
	void *context = NULL;
	uint32_t size = 0;
	unsigned int node = 0;
	int fd, joining, wanted;

	without_connection(NO_HANDLE);
	SAY(cpg_model_initialize(&handle, 7, (cpg_model_data_t *)&model, NULL));
	SAY(cpg_model_initialize(&handle, CPG_MODEL_V1, (cpg_model_data_t *)&model, &fd));
	SAY(cpg_fd_get(handle, &fd));
	SAY(cpg_context_get(handle, &context)); say("context", context == &fd);
	SAY(cpg_context_set(handle, &node));
	SAY(cpg_context_get(handle, &context)); say("context", context == &node);
	SAY(cpg_local_get(handle, &node)); say("node", node);
	SAY(cpg_max_atomic_msgsize_get(handle, &size)); say("size", size);
	SAY(cpg_flow_control_state_get(handle, &flow)); say("flow control", flow);
	say("dispatch of nothing", cpg_dispatch(handle, CS_DISPATCH_ONE_NONBLOCKING));
	SAY(cpg_mcast_joined(handle, CPG_TYPE_AGREED, &iov, 1));
	SAY(cpg_leave(handle, &group));
	membership(handle, "suite");
	memset(&longest, 'g', sizeof(longest));
	longer = longest;
	longest.length = CPG_MAX_NAME_LENGTH;
	longer.length = CPG_MAX_NAME_LENGTH + 1;
	memcpy(longest.value, "suite", 5);
	SAY(cpg_join(handle, &longer));
	SAY(cpg_join(handle, &group));
	DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), changes >= 1 && rings >= 1);
	SAY(cpg_join(handle, &group));
	SAY(cpg_join(handle, &longest));
	SAY(cpg_leave(handle, &longer));
	membership(handle, "suite");
	membership(handle, "suite-none");

	SAY(cpg_initialize(&second, &callbacks));
	SAY(cpg_join(second, &group));
	SAY(cpg_join(second, &longest));
	/* A join comes back before the group has its member. */
	SAY(cpg_fd_get(second, &joining));
	wanted = changes + 1;
	DISPATCH_UNTIL(joining, cpg_dispatch(second, CS_DISPATCH_ALL), changes >= wanted);
	iterate(handle, CPG_ITERATION_NAME_ONLY, NULL);
	iterate(handle, CPG_ITERATION_ALL, NULL);
	iterate(handle, CPG_ITERATION_ONE_GROUP, "suite");
	iterate(handle, CPG_ITERATION_ONE_GROUP, "suite-none");
	SAY(cpg_iteration_initialize(handle, CPG_ITERATION_ONE_GROUP, NULL, &iteration));
	SAY(cpg_iteration_initialize(handle, 7, NULL, &iteration));
	SAY(cpg_iteration_initialize(handle, CPG_ITERATION_ALL, NULL, NULL));
	SAY(cpg_finalize(second));
	SAY(cpg_initialize(&second, NULL));
	SAY(cpg_join(second, &empty));
	SAY(cpg_finalize(second));

	multicasts(handle, fd);
	comings_and_goings(handle, fd);
	wanted = changes + 1;
	SAY(cpg_leave(handle, &group));
	DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), changes >= wanted);
	SAY(cpg_leave(handle, &group));
	SAY(cpg_mcast_joined(handle, CPG_TYPE_AGREED, &iov, 1));
	SAY(cpg_join(handle, &group));
	SAY(cpg_finalize(handle));
	without_connection(handle);
}

/* Sends what is in a buffer, and waits until it has come back. */
static void send_buffer(cpg_handle_t handle, int fd, void *buffer, size_t size)
{
	int wanted = delivered + 1;
	cs_error_t error = TRY(cpg_zcb_mcast_joined(handle, CPG_TYPE_AGREED, buffer, size));
	say("cpg_zcb_mcast_joined", error);
	if (error == CS_OK)
		DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), delivered >= wanted);
}

static void zero_copy(void)
{
	enum { LARGEST = 1024 * 1024 - 1024 };
	struct cpg_name group = named("suite-zero");
	cpg_handle_t handle;
	void *buffer = NULL, *second = NULL, *large = NULL;
	int fd, wanted;

	SAY(cpg_zcb_alloc(NO_HANDLE, 1, &buffer));
	SAY(cpg_model_initialize(&handle, CPG_MODEL_V1, (cpg_model_data_t *)&model, NULL));
	SAY(cpg_fd_get(handle, &fd));
	SAY(cpg_zcb_alloc(handle, 100000, &buffer));
	memset(buffer, 'z', 100000);
	send_buffer(handle, fd, buffer, 100000);
	SAY(cpg_join(handle, &group));
	DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), changes >= 1 && rings >= 1);
	send_buffer(handle, fd, buffer, 100000);
	memset(buffer, 'y', 100000);
	send_buffer(handle, fd, buffer, 50000);
	send_buffer(handle, fd, buffer, 0);
	SAY(cpg_zcb_alloc(handle, 1, &second));
	memset(second, 'x', 1);
	send_buffer(handle, fd, second, 1);
	send_buffer(handle, fd, buffer, 10);
	SAY(cpg_zcb_alloc(handle, LARGEST, &large));
	memset(large, 'w', LARGEST);
	send_buffer(handle, fd, large, LARGEST);
	send_buffer(handle, fd, large, 1024 * 1024 + 1);
	SAY(cpg_zcb_free(handle, large));
	for (int i = 0; i < 200; i++) {
		if (cpg_zcb_alloc(handle, 5000, &large) != CS_OK || cpg_zcb_free(handle, large) != CS_OK)
			say("one of many", i);
	}
	SAY(cpg_zcb_free(handle, second));
	send_buffer(handle, fd, buffer, 20);
	wanted = changes + 1;
	SAY(cpg_leave(handle, &group));
	DISPATCH_UNTIL(fd, cpg_dispatch(handle, CS_DISPATCH_ALL), changes >= wanted);
	send_buffer(handle, fd, buffer, 20);
	/* With a buffer that was not freed. */
	SAY(cpg_finalize(handle));
	SAY(cpg_zcb_mcast_joined(handle, CPG_TYPE_AGREED, buffer, 10));
	SAY(cpg_zcb_free(handle, buffer));
}

static void watch(int alone)
{
	struct cpg_name group = named("suite-watched");
	cpg_handle_t handle;
	int fd;

	SAY(cpg_model_initialize(&handle, CPG_MODEL_V1, (cpg_model_data_t *)&model, NULL));
	SAY(cpg_fd_get(handle, &fd));
	SAY(cpg_join(handle, &group));
	for (;;) {
		if (readable(fd, 100))
			cpg_dispatch(handle, CS_DISPATCH_ALL);
		if (alone && leaves > 0 && members == 1)
			break;
	}
	SAY(cpg_finalize(handle));
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	self = getpid();
	if (strcmp(what, "calls") == 0)
		calls();
	else if (strcmp(what, "zero-copy") == 0)
		zero_copy();
	else if (strcmp(what, "watch") == 0)
		watch(1);
	else if (strcmp(what, "join") == 0)
		watch(0);
	else
		return 2;
	return 0;
}
