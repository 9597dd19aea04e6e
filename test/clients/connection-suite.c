/*
 * Connects with each library of corosync, and prints what came of it; then, if it could, waits until its daemon is gone
 * and calls whatever talks to a daemon.
 *
 * usage: connection-suite connect   only connects
 *        connection-suite outlive   prints "connected" when it is, and goes on when it has read a line
 * build: cc -o connection-suite connection-suite.c -lcfg -lcmap -lcpg -lquorum -lvotequorum
 */
#include <corosync/cfg.h>
#include <corosync/cmap.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include "say.h"

static corosync_cfg_handle_t cfg;
static cmap_handle_t map;
static cpg_handle_t cpg;
static quorum_handle_t quorum;
static votequorum_handle_t votequorum;

static void connect_all(void)
{
	corosync_cfg_callbacks_t cfg_callbacks = { 0 };
	cpg_callbacks_t cpg_callbacks = { 0 };
	quorum_callbacks_t quorum_callbacks = { 0 };
	votequorum_callbacks_t votequorum_callbacks = { 0 };
	uint32_t type;

	say("corosync_cfg_initialize", corosync_cfg_initialize(&cfg, &cfg_callbacks));
	say("cmap_initialize", cmap_initialize(&map));
	say("cpg_initialize", cpg_initialize(&cpg, &cpg_callbacks));
	say("quorum_initialize", quorum_initialize(&quorum, &quorum_callbacks, &type));
	say("votequorum_initialize", votequorum_initialize(&votequorum, &votequorum_callbacks));
}

static void notified(cmap_handle_t handle, cmap_track_handle_t track, int32_t event, const char *key,
	struct cmap_notify_value now, struct cmap_notify_value before, void *data)
{
	(void)handle, (void)track, (void)event, (void)key, (void)now, (void)before, (void)data;
}

static void cfg_without_daemon(void)
{
	corosync_cfg_node_address_t address;
	struct corosync_cfg_node_status_v1 status;
	unsigned int id;
	char **names, **states;
	int count;

	SAY(corosync_cfg_local_get(cfg, &id));
	SAY(corosync_cfg_ring_status_get(cfg, &names, &states, &id));
	SAY(corosync_cfg_node_status_get(cfg, 1, CFG_NODE_STATUS_V1, &status));
	SAY(corosync_cfg_get_node_addrs(cfg, 1, 1, &count, &address));
	SAY(corosync_cfg_kill_node(cfg, 99, "nobody"));
	SAY(corosync_cfg_trackstart(cfg, 0));
	SAY(corosync_cfg_trackstop(cfg));
	SAY(corosync_cfg_try_shutdown(cfg, COROSYNC_CFG_SHUTDOWN_FLAG_REQUEST));
	SAY(corosync_cfg_replyto_shutdown(cfg, COROSYNC_CFG_SHUTDOWN_FLAG_YES));
	SAY(corosync_cfg_reload_config(cfg));
	SAY(corosync_cfg_reopen_log_files(cfg));
	SAY(corosync_cfg_dispatch(cfg, CS_DISPATCH_ALL));
	SAY(corosync_cfg_finalize(cfg));
}

static void cmap_without_daemon(void)
{
	cmap_iter_handle_t iterator;
	cmap_track_handle_t track;
	size_t length = 0;
	cmap_value_types_t type;

	SAY(cmap_get(map, "totem.version", NULL, &length, &type));
	SAY(cmap_set_uint8(map, "suite.x", 1));
	SAY(cmap_delete(map, "suite.x"));
	SAY(cmap_inc(map, "suite.x"));
	SAY(cmap_dec(map, "suite.x"));
	SAY(cmap_iter_init(map, NULL, &iterator));
	SAY(cmap_track_add(map, "suite.x", CMAP_TRACK_ADD, notified, NULL, &track));
	SAY(cmap_dispatch(map, CS_DISPATCH_ALL));
	SAY(cmap_finalize(map));
}

static void cpg_without_daemon(void)
{
	struct cpg_name group = { .length = 5, .value = "suite" };
	struct cpg_address list[CPG_MEMBERS_MAX];
	cpg_iteration_handle_t iteration;
	struct iovec iov = { "x", 1 };
	unsigned int node;
	int count;

	SAY(cpg_local_get(cpg, &node));
	SAY(cpg_join(cpg, &group));
	SAY(cpg_membership_get(cpg, &group, list, &count));
	SAY(cpg_mcast_joined(cpg, CPG_TYPE_AGREED, &iov, 1));
	SAY(cpg_iteration_initialize(cpg, CPG_ITERATION_ALL, NULL, &iteration));
	SAY(cpg_leave(cpg, &group));
	SAY(cpg_dispatch(cpg, CS_DISPATCH_ALL));
	SAY(cpg_finalize(cpg));
}

static void quorum_without_daemon(void)
{
	int quorate;

	SAY(quorum_getquorate(quorum, &quorate));
	SAY(quorum_trackstart(quorum, CS_TRACK_CURRENT));
	SAY(quorum_trackstop(quorum));
	SAY(quorum_dispatch(quorum, CS_DISPATCH_ALL));
	SAY(quorum_finalize(quorum));
}

static void votequorum_without_daemon(void)
{
	struct votequorum_info info;
	votequorum_ring_id_t ring = { 1, 1 };

	SAY(votequorum_getinfo(votequorum, 1, &info));
	SAY(votequorum_setexpected(votequorum, 3));
	SAY(votequorum_setvotes(votequorum, 1, 1));
	SAY(votequorum_trackstart(votequorum, 0, CS_TRACK_CURRENT));
	SAY(votequorum_trackstop(votequorum));
	SAY(votequorum_qdevice_register(votequorum, "suite"));
	SAY(votequorum_qdevice_unregister(votequorum, "suite"));
	SAY(votequorum_qdevice_update(votequorum, "suite", "other"));
	SAY(votequorum_qdevice_poll(votequorum, "suite", 1, ring));
	SAY(votequorum_qdevice_master_wins(votequorum, "suite", 1));
	SAY(votequorum_dispatch(votequorum, CS_DISPATCH_ALL));
	SAY(votequorum_finalize(votequorum));
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "connect") != 0 && strcmp(what, "outlive") != 0)
		return 2;
	connect_all();
	if (strcmp(what, "connect") == 0)
		return 0;
	printf("connected\n");
	fflush(stdout);
	getchar();
	cfg_without_daemon();
	cmap_without_daemon();
	cpg_without_daemon();
	quorum_without_daemon();
	votequorum_without_daemon();
	return 0;
}
