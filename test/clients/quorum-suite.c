/*
 * Calls every function of libquorum and libvotequorum, in every way that has a documented result of its own, on a ring
 * of the nodes 1, 2 and 3, and prints what came of it.
 *
 * usage: quorum-suite quorum|votequorum
 * build: cc -o quorum-suite quorum-suite.c -lquorum -lvotequorum
 */
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include "say.h"

static int quorums, nodelists, expectations;
static votequorum_ring_id_t vote_ring;

static void list(const char *label, uint32_t count, const uint32_t *nodes)
{
	printf(" %s", label);
	for (uint32_t i = 0; i < count; i++)
		printf(" %u", nodes[i]);
}

static void changed_v0(quorum_handle_t handle, uint32_t quorate, uint64_t ring, uint32_t count, uint32_t *nodes)
{
	const void *context;

	printf("v0 context %d quorate %u ring %d", quorum_context_get(handle, &context), quorate, ring > 0);
	list("members", count, nodes);
	printf("\n");
	quorums++;
}

static void changed_v1(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring, uint32_t count,
	const uint32_t *nodes)
{
	(void)handle;
	printf("v1 quorate %u ring %u.%d", quorate, ring.nodeid, ring.seq > 0);
	list("members", count, nodes);
	printf("\n");
	quorums++;
}

static void nodes_v1(quorum_handle_t handle, struct quorum_ring_id ring, uint32_t count, const uint32_t *nodes,
	uint32_t joined_count, const uint32_t *joined, uint32_t left_count, const uint32_t *left)
{
	(void)handle;
	printf("v1 nodes ring %u.%d", ring.nodeid, ring.seq > 0);
	list("members", count, nodes);
	list("joined", joined_count, joined);
	list("left", left_count, left);
	printf("\n");
	nodelists++;
}

static void quorum_without_connection(quorum_handle_t handle)
{
	const void *context;
	int number;

	SAY(quorum_finalize(handle));
	SAY(quorum_fd_get(handle, &number));
	SAY(quorum_dispatch(handle, CS_DISPATCH_ALL));
	SAY(quorum_getquorate(handle, &number));
	SAY(quorum_trackstart(handle, CS_TRACK_CURRENT));
	SAY(quorum_trackstop(handle));
	SAY(quorum_context_set(handle, NULL));
	SAY(quorum_context_get(handle, &context));
}

static void quorum_of(quorum_handle_t handle, int v1)
{
	const void *context = NULL;
	int fd, quorate = -1;

	SAY(quorum_fd_get(handle, &fd));
	SAY(quorum_context_set(handle, &quorums));
	SAY(quorum_context_get(handle, &context)); say("context", context == &quorums);
	SAY(quorum_getquorate(handle, &quorate)); say("quorate", quorate);
	say("nothing yet", quorum_dispatch(handle, CS_DISPATCH_ONE_NONBLOCKING));
	SAY(quorum_trackstop(handle));
	SAY(quorum_trackstart(handle, 0));
	SAY(quorum_trackstart(handle, 64));
	SAY(quorum_trackstart(handle, CS_TRACK_CHANGES_ONLY));
	SAY(quorum_trackstop(handle));
	quorums = nodelists = 0;
	SAY(quorum_trackstart(handle, CS_TRACK_CURRENT));
	DISPATCH_UNTIL(fd, quorum_dispatch(handle, CS_DISPATCH_ALL), quorums >= 1 && nodelists >= v1);
	SAY(quorum_trackstop(handle));
	SAY(quorum_trackstart(handle, CS_TRACK_CURRENT | CS_TRACK_CHANGES));
	DISPATCH_UNTIL(fd, quorum_dispatch(handle, CS_DISPATCH_ONE), quorums >= 2 && nodelists >= 2 * v1);
	SAY(quorum_trackstart(handle, CS_TRACK_CHANGES));
	SAY(quorum_trackstop(handle));
	SAY(quorum_trackstop(handle));
	SAY(quorum_dispatch(handle, 99));
	SAY(quorum_finalize(handle));
	quorum_without_connection(handle);
}

static void quorum(void)
{
	quorum_callbacks_t callbacks = { .quorum_notify_fn = changed_v0 };
	quorum_model_v0_data_t v0 = { .model = QUORUM_MODEL_V0, .quorum_notify_fn = changed_v0 };
	quorum_model_v1_data_t v1 = {
		.model = QUORUM_MODEL_V1, .quorum_notify_fn = changed_v1, .nodelist_notify_fn = nodes_v1
	};
	const void *context = NULL;
	quorum_handle_t handle;
	uint32_t type = 99;

	quorum_without_connection(NO_HANDLE);
	SAY(quorum_initialize(&handle, &callbacks, &type)); say("type", type);
	quorum_of(handle, 0);
	SAY(quorum_model_initialize(&handle, QUORUM_MODEL_V0, (quorum_model_data_t *)&v0, &type, NULL));
	quorum_of(handle, 0);
	SAY(quorum_model_initialize(&handle, QUORUM_MODEL_V1, (quorum_model_data_t *)&v1, &type, &type));
	SAY(quorum_context_get(handle, &context)); say("context", context == &type);
	quorum_of(handle, 1);
	SAY(quorum_model_initialize(&handle, 7, (quorum_model_data_t *)&v1, &type, NULL));
	SAY(quorum_initialize(&handle, &callbacks, NULL));
}

static void votes_changed(votequorum_handle_t handle, uint64_t context, uint32_t quorate, uint32_t count,
	votequorum_node_t nodes[])
{
	(void)handle;
	printf("votes context %d quorate %u", (int)context, quorate);
	for (uint32_t i = 0; i < count; i++)
		printf(" %u:%u", nodes[i].nodeid, nodes[i].state);
	printf("\n");
	quorums++;
}

static void nodes_changed(votequorum_handle_t handle, uint64_t context, votequorum_ring_id_t ring, uint32_t count,
	uint32_t nodes[])
{
	(void)handle;
	printf("nodes context %d ring %u.%d", (int)context, ring.nodeid, ring.seq > 0);
	list("members", count, nodes);
	printf("\n");
	vote_ring = ring;
	nodelists++;
}

/* A real one may tell the same number again, when what the other nodes expect has come in. */
static void expectation_changed(votequorum_handle_t handle, uint64_t context, uint32_t votes)
{
	static uint32_t told;

	(void)handle;
	if (votes == told)
		return;
	told = votes;
	printf("expected context %d votes %u\n", (int)context, votes);
	expectations++;
}

static void votequorum_without_connection(votequorum_handle_t handle)
{
	struct votequorum_info info;
	void *context;
	int fd;

	SAY(votequorum_finalize(handle));
	SAY(votequorum_fd_get(handle, &fd));
	SAY(votequorum_dispatch(handle, CS_DISPATCH_ALL));
	SAY(votequorum_getinfo(handle, 1, &info));
	SAY(votequorum_setexpected(handle, 3));
	SAY(votequorum_setvotes(handle, 1, 1));
	SAY(votequorum_trackstart(handle, 0, CS_TRACK_CURRENT));
	SAY(votequorum_trackstop(handle));
	SAY(votequorum_context_get(handle, &context));
	SAY(votequorum_context_set(handle, NULL));
	SAY(votequorum_qdevice_register(handle, "suite"));
	SAY(votequorum_qdevice_unregister(handle, "suite"));
	SAY(votequorum_qdevice_update(handle, "suite", "other"));
	SAY(votequorum_qdevice_poll(handle, "suite", 1, vote_ring));
	SAY(votequorum_qdevice_master_wins(handle, "suite", 1));
}

static void info_of(votequorum_handle_t handle, unsigned int node)
{
	struct votequorum_info info;

	memset(&info, 0, sizeof(info));
	printf("node %u: ", node);
	cs_error_t error = TRY(votequorum_getinfo(handle, node, &info));
	say("votequorum_getinfo", error);
	if (error == CS_OK)
		printf("node %u state %u votes %u expected %u highest %u total %u quorum %u flags %u device '%s' with %u\n", info.node_id,
		info.node_state, info.node_votes, info.node_expected_votes, info.highest_expected, info.total_votes, info.quorum,
			info.flags, info.qdevice_name, info.qdevice_votes);
}

/* A change of votes is in force when the ring has taken it round. */
static void await_votes(votequorum_handle_t handle, unsigned int node, unsigned int votes)
{
	struct votequorum_info info = { 0 };

	for (int i = 0; i < PATIENCE_MS && info.node_votes != votes; i++, usleep(1000))
		votequorum_getinfo(handle, node, &info);
	info_of(handle, node);
}

static void devices(votequorum_handle_t handle)
{
	char name[400];
	votequorum_ring_id_t stale = { 1, 1 };

	memset(name, 'd', sizeof(name));
	name[VOTEQUORUM_QDEVICE_MAX_NAME_LEN - 1] = 0;
	SAY(votequorum_qdevice_unregister(handle, "suite"));
	SAY(votequorum_qdevice_update(handle, "suite", "other"));
	SAY(votequorum_qdevice_poll(handle, "suite", 1, vote_ring));
	SAY(votequorum_qdevice_master_wins(handle, "suite", 1));
	SAY(votequorum_qdevice_register(handle, ""));
	SAY(votequorum_qdevice_register(handle, name));
	name[VOTEQUORUM_QDEVICE_MAX_NAME_LEN - 1] = 'd';
	name[VOTEQUORUM_QDEVICE_MAX_NAME_LEN] = 0;
	SAY(votequorum_qdevice_register(handle, name));
	SAY(votequorum_qdevice_register(handle, "suite"));
	SAY(votequorum_qdevice_poll(handle, "suite", 1, stale));
	info_of(handle, 0);
	info_of(handle, 1);
}

static void votequorum(void)
{
	votequorum_callbacks_t callbacks = {
		.votequorum_quorum_notify_fn = votes_changed,
		.votequorum_expectedvotes_notify_fn = expectation_changed,
		.votequorum_nodelist_notify_fn = nodes_changed,
	};
	votequorum_handle_t handle;
	void *context = NULL;
	int fd;

	votequorum_without_connection(NO_HANDLE);
	SAY(votequorum_initialize(&handle, &callbacks));
	SAY(votequorum_fd_get(handle, &fd));
	SAY(votequorum_context_set(handle, &fd));
	SAY(votequorum_context_get(handle, &context)); say("context", context == &fd);
	for (unsigned int node = 0; node < 4; node++)
		info_of(handle, node);
	info_of(handle, 99);
	SAY(votequorum_trackstart(handle, 5, 0));
	SAY(votequorum_trackstart(handle, 5, 64));
	SAY(votequorum_trackstop(handle));
	SAY(votequorum_trackstart(handle, 6, CS_TRACK_CURRENT));
	DISPATCH_UNTIL(fd, votequorum_dispatch(handle, CS_DISPATCH_ALL), quorums >= 1 && nodelists >= 1);
	SAY(votequorum_trackstop(handle));
	SAY(votequorum_trackstart(handle, 7, CS_TRACK_CHANGES));
	DISPATCH_UNTIL(fd, votequorum_dispatch(handle, CS_DISPATCH_ALL), quorums >= 2 && nodelists >= 2);
	SAY(votequorum_setexpected(handle, 4));
	DISPATCH_UNTIL(fd, votequorum_dispatch(handle, CS_DISPATCH_ONE), expectations >= 1);
	info_of(handle, 2);
	SAY(votequorum_setexpected(handle, 7));
	SAY(votequorum_setexpected(handle, 2));
	SAY(votequorum_setexpected(handle, 0));
	SAY(votequorum_setvotes(handle, 2, 2));
	await_votes(handle, 2, 2);
	SAY(votequorum_setvotes(handle, 2, 1));
	await_votes(handle, 2, 1);
	SAY(votequorum_setvotes(handle, 99, 1));
	SAY(votequorum_setexpected(handle, 3));
	DISPATCH_UNTIL(fd, votequorum_dispatch(handle, CS_DISPATCH_ONE), expectations >= 2);
	info_of(handle, 1);
	devices(handle);
	SAY(votequorum_trackstop(handle));
	SAY(votequorum_trackstop(handle));
	SAY(votequorum_dispatch(handle, 99));
	SAY(votequorum_finalize(handle));
	votequorum_without_connection(handle);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "quorum") == 0)
		quorum();
	else if (argc == 2 && strcmp(argv[1], "votequorum") == 0)
		votequorum();
	else
		return 2;
	return 0;
}
