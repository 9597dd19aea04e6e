/*
 * Calls every function of libcfg that ends no daemon, in every way that has a documented result of its own, and prints
 * what came of it. Shutdowns are asked for, and refused.
 *
 * build: cc -o cfg-suite cfg-suite.c -lcfg
 */
#include <arpa/inet.h>
#include <corosync/cfg.h>
#include <sys/wait.h>
#include "say.h"

static corosync_cfg_handle_t asker, tracker;
static int asked;

static void shutdown_asked(corosync_cfg_handle_t handle, corosync_cfg_shutdown_flags_t flags)
{
	printf("asked %s flags %d\n", handle == tracker ? "who tracks" : "somebody else", flags);
	asked++;
	SAY(corosync_cfg_replyto_shutdown(handle, COROSYNC_CFG_SHUTDOWN_FLAG_NO));
}

static void nodes(void)
{
	static const unsigned int ids[] = { 1, 2, 3, 99, 0 };
	corosync_cfg_node_address_t addresses[4];
	struct corosync_cfg_node_status_v1 status;
	unsigned int self = 0, rings = 0;
	char **names, **states, text[INET6_ADDRSTRLEN];
	int count;

	SAY(corosync_cfg_local_get(asker, &self)); say("self", self);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		say("node", ids[i]);
		count = -1;
		cs_error_t error = TRY(corosync_cfg_get_node_addrs(asker, ids[i], 4, &count, addresses));
		say("corosync_cfg_get_node_addrs", error);
		if (error == CS_OK) {
			say("addresses", count);
			struct sockaddr_in *address = (struct sockaddr_in *)addresses[0].address;
			printf("family %d length %d %s\n", address->sin_family, addresses[0].address_length,
				inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text)));
		}
		memset(&status, 0, sizeof(status));
		SAY(corosync_cfg_node_status_get(asker, ids[i], CFG_NODE_STATUS_V1, &status));
		printf("version %d node %u reachable %d remote %d external %d onwire %d %d %d\n", status.version, status.nodeid,
			status.reachable, status.remote, status.external, status.onwire_min, status.onwire_max, status.onwire_ver);
		for (int link = 0; link < CFG_MAX_LINKS; link++)
			printf("link %d%d%d mtu %u from '%s' to '%s'\n", status.link_status[link].enabled,
				status.link_status[link].connected, status.link_status[link].dynconnected,
				status.link_status[link].mtu, status.link_status[link].src_ipaddr,
				status.link_status[link].dst_ipaddr);
	}
	SAY(corosync_cfg_node_status_get(asker, 1, 0, &status));
	SAY(corosync_cfg_node_status_get(asker, 1, 2, &status));
	SAY(corosync_cfg_ring_status_get(asker, &names, &states, &rings)); say("rings", rings);
	for (unsigned int i = 0; i < rings; i++)
		printf("ring '%s' '%s'\n", names[i], states[i]);
}

static void shutdowns(void)
{
	int fd, status;

	SAY(corosync_cfg_fd_get(tracker, &fd));
	SAY(corosync_cfg_replyto_shutdown(asker, COROSYNC_CFG_SHUTDOWN_FLAG_YES));
	SAY(corosync_cfg_trackstart(tracker, 0));
	SAY(corosync_cfg_trackstart(tracker, 0));
	SAY(corosync_cfg_trackstop(asker));
	say("before the question", corosync_cfg_dispatch(tracker, CS_DISPATCH_ONE_NONBLOCKING));
	pid_t child = fork();
	if (child == 0) {
		corosync_cfg_handle_t other;
		corosync_cfg_callbacks_t none = { 0 };
		if (TRY(corosync_cfg_initialize(&other, &none)) != CS_OK)
			_exit(99);
		_exit(corosync_cfg_try_shutdown(other, COROSYNC_CFG_SHUTDOWN_FLAG_REQUEST));
	}
	DISPATCH_UNTIL(fd, corosync_cfg_dispatch(tracker, CS_DISPATCH_ALL), asked > 0);
	waitpid(child, &status, 0);
	say("try_shutdown of another", WEXITSTATUS(status));
	SAY(corosync_cfg_trackstop(tracker));
	SAY(corosync_cfg_trackstop(tracker));
}

static void without_connection(corosync_cfg_handle_t handle)
{
	corosync_cfg_node_address_t address;
	struct corosync_cfg_node_status_v1 status;
	unsigned int id;
	char **names, **states;
	int fd, count;

	SAY(corosync_cfg_finalize(handle));
	SAY(corosync_cfg_fd_get(handle, &fd));
	SAY(corosync_cfg_dispatch(handle, CS_DISPATCH_ALL));
	SAY(corosync_cfg_ring_status_get(handle, &names, &states, &id));
	SAY(corosync_cfg_node_status_get(handle, 1, CFG_NODE_STATUS_V1, &status));
	SAY(corosync_cfg_kill_node(handle, 99, "nobody"));
	SAY(corosync_cfg_trackstart(handle, 0));
	SAY(corosync_cfg_trackstop(handle));
	SAY(corosync_cfg_try_shutdown(handle, COROSYNC_CFG_SHUTDOWN_FLAG_REQUEST));
	SAY(corosync_cfg_replyto_shutdown(handle, COROSYNC_CFG_SHUTDOWN_FLAG_YES));
	SAY(corosync_cfg_get_node_addrs(handle, 1, 1, &count, &address));
	SAY(corosync_cfg_local_get(handle, &id));
	SAY(corosync_cfg_reload_config(handle));
	SAY(corosync_cfg_reopen_log_files(handle));
}

int main(void)
{
	corosync_cfg_callbacks_t callbacks = { .corosync_cfg_shutdown_callback = shutdown_asked };
	char reason[300];

	without_connection(NO_HANDLE);
	SAY(corosync_cfg_initialize(&asker, NULL));
	SAY(corosync_cfg_initialize(&tracker, &callbacks));
	nodes();
	memset(reason, 'r', sizeof(reason));
	reason[255] = 0;
	SAY(corosync_cfg_kill_node(asker, 99, reason));
	reason[255] = 'r';
	reason[256] = 0;
	SAY(corosync_cfg_kill_node(asker, 99, reason));
	SAY(corosync_cfg_kill_node(asker, 0, "nobody"));
	shutdowns();
	SAY(corosync_cfg_reopen_log_files(asker));
	SAY(corosync_cfg_reload_config(asker));
	SAY(corosync_cfg_finalize(tracker));
	SAY(corosync_cfg_finalize(asker));
	without_connection(asker);
	return 0;
}
