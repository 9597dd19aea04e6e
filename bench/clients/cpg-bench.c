/*
 * Measures agreed multicast through libcpg, as cpg-bench.ts does through Coterie's own client: same arguments, same
 * output. Sender and receiver are one process; what counts is what has come back in the agreed order.
 *
 * usage: cpg-bench throughput SIZE SECONDS | cpg-bench latency SIZE COUNT
 * build: cc -O2 -o cpg-bench cpg-bench.c -lcpg
 *
 * Prints one line of JSON: {"messages":N,"seconds":S} or {"microseconds":[...]}.
 */
#include <corosync/cpg.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static cpg_handle_t handle;
static unsigned long delivered;
static int joined;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void deliver(cpg_handle_t h, const struct cpg_name *group, uint32_t node, uint32_t pid, void *msg, size_t len)
{
	if (pid == (uint32_t)getpid())
		delivered++;
}

static void confchg(cpg_handle_t h, const struct cpg_name *group, const struct cpg_address *members, size_t n_members,
		    const struct cpg_address *left, size_t n_left, const struct cpg_address *in, size_t n_in)
{
	joined = 1;
}

static void fail(const char *what, cs_error_t error)
{
	fprintf(stderr, "%s: error %d\n", what, error);
	exit(1);
}

static void dispatch(int milliseconds)
{
	struct pollfd p = {.events = POLLIN};
	cpg_fd_get(handle, &p.fd);
	if (poll(&p, 1, milliseconds) > 0)
		cpg_dispatch(handle, CS_DISPATCH_ALL);
}

/* One message; 0 if the daemon has no room now. */
static int send_one(void *data, size_t size)
{
	struct iovec io = {.iov_base = data, .iov_len = size};
	cs_error_t error = cpg_mcast_joined(handle, CPG_TYPE_AGREED, &io, 1);
	if (error == CS_ERR_TRY_AGAIN)
		return 0;
	if (error != CS_OK)
		fail("cpg_mcast_joined", error);
	return 1;
}

static void throughput(void *data, size_t size, double seconds)
{
	double start = now(), end = start + seconds, t;
	unsigned long sent = 0;
	while ((t = now()) < end) {
		int i;
		for (i = 0; i < 32; i++) {
			if (!send_one(data, size))
				break;
			sent++;
		}
		dispatch(i == 0 ? 1 : 0);
	}
	printf("{\"messages\":%lu,\"seconds\":%.6f}\n", delivered, now() - start);
}

static void latency(void *data, size_t size, long count)
{
	printf("{\"microseconds\":[");
	for (long i = 0; i < count; i++) {
		unsigned long before = delivered;
		double start = now();
		while (!send_one(data, size))
			dispatch(1);
		while (delivered == before)
			dispatch(100);
		printf("%s%.1f", i == 0 ? "" : ",", (now() - start) * 1e6);
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	cpg_callbacks_t callbacks = {.cpg_deliver_fn = deliver, .cpg_confchg_fn = confchg};
	struct cpg_name group = {.length = 5, .value = "bench"};
	cs_error_t error;
	if (argc != 4)
		return 2;
	size_t size = strtoul(argv[2], NULL, 10);
	void *data = calloc(1, size + 1);
	while ((error = cpg_initialize(&handle, &callbacks)) != CS_OK)
		usleep(100000);
	while ((error = cpg_join(handle, &group)) == CS_ERR_TRY_AGAIN)
		usleep(10000);
	if (error != CS_OK)
		fail("cpg_join", error);
	while (!joined)
		dispatch(100);
	if (strcmp(argv[1], "throughput") == 0)
		throughput(data, size, atof(argv[3]));
	else
		latency(data, size, atol(argv[3]));
	cpg_finalize(handle);
	return 0;
}
