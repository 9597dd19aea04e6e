/*
 * A member of a process group that does as it is told on its standard input and writes what it sees to its standard
 * output: one line a delivery, configuration change or change of quorum. cpg-traffic.ts speaks the same lines over
 * Coterie's own client; lines.ts lists them and reads them.
 *
 * usage: cpg-traffic GROUP
 * build: cc -o cpg-traffic cpg-traffic.c -lcpg -lquorum
 */
#include <arpa/inet.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	LARGEST = 4 * 1024 * 1024,
	/* Of a message: counter, node id, pid, size, crc of the whole with this field zero; u32 each. */
	HEADER = 20,
	CRC_AT = 16,
	/* How long to wait for a daemon that has not started or not synchronised yet. */
	PATIENCE_MS = 60000
};

static cpg_handle_t cpg;
static quorum_handle_t quorum;
static struct cpg_name group;
static uint32_t node_id;
static uint32_t crc_table[256];

/* What is being sent: `left` messages (-1: until told to stop) of `size` bytes, one every `interval` microseconds. */
static struct {
	long left;
	uint32_t size;
	uint64_t interval;
	uint64_t next;
} task;
static uint32_t counter;
static unsigned char message[LARGEST];

static uint64_t microseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Starts a line: what, and when in milliseconds of the wall clock. */
static void line(const char *what)
{
	uint64_t now = microseconds();
	printf("%s %llu.%03u", what, (unsigned long long)(now / 1000), (unsigned)(now % 1000));
}

static void finish(const char *format, ...)
{
	va_list arguments;
	line("end");
	putchar(' ');
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	_exit(0);
}

static void prepare_crc(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
		crc_table[i] = c;
	}
}

static uint32_t crc(uint32_t c, const unsigned char *bytes, size_t n)
{
	c = ~c;
	while (n-- > 0)
		c = crc_table[(c ^ *bytes++) & 0xff] ^ (c >> 8);
	return ~c;
}

static void put_u32(unsigned char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = value >> (8 * i);
}

static uint32_t get_u32(const unsigned char *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t crc_of(const unsigned char *bytes, size_t n)
{
	static const unsigned char zero[4];
	uint32_t c = crc(0, bytes, CRC_AT);
	c = crc(c, zero, 4);
	return crc(c, bytes + HEADER, n - HEADER);
}

/* Messages shorter than the header are its first bytes. */
static void compose(uint32_t size)
{
	put_u32(message, counter);
	put_u32(message + 4, node_id);
	put_u32(message + 8, getpid());
	put_u32(message + 12, size);
	put_u32(message + CRC_AT, 0);
	for (uint32_t i = HEADER; i < size; i++)
		message[i] = counter * 31 + i * 7;
	if (size >= HEADER)
		put_u32(message + CRC_AT, crc_of(message, size));
}

/* At most a few at once, so that what comes in is read in between. */
static void send_due(void)
{
	for (int burst = 0; burst < 16 && task.left != 0 && task.next <= microseconds(); burst++) {
		compose(task.size);
		struct iovec part = { message, task.size };
		cs_error_t result = cpg_mcast_joined(cpg, CPG_TYPE_AGREED, &part, 1);
		if (result == CS_ERR_TRY_AGAIN) {
			task.next = microseconds() + 2000;
			return;
		}
		if (result != CS_OK)
			finish("cpg_mcast_joined %d", result);
		line("sent");
		printf(" %u %u\n", counter, task.size);
		counter++;
		task.next = microseconds() + task.interval;
		if (task.left > 0)
			task.left--;
		if (task.left == 0) {
			line("done");
			printf(" %u\n", counter);
		}
	}
}

static void print_processes(const struct cpg_address *list, size_t n, int with_reason)
{
	putchar(' ');
	if (n == 0)
		putchar('-');
	for (size_t i = 0; i < n; i++) {
		printf("%s%u:%u", i > 0 ? "," : "", list[i].nodeid, list[i].pid);
		if (with_reason)
			printf(":%u", list[i].reason);
	}
}

static void print_nodes(const uint32_t *list, size_t n)
{
	putchar(' ');
	if (n == 0)
		putchar('-');
	for (size_t i = 0; i < n; i++)
		printf("%s%u", i > 0 ? "," : "", list[i]);
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *name, uint32_t node, uint32_t pid, void *data,
		       size_t size)
{
	const unsigned char *bytes = data;
	unsigned char head[4] = { 0 };
	memcpy(head, bytes, size < 4 ? size : 4);
	int sound = size < HEADER || (get_u32(bytes + 4) == node && get_u32(bytes + 8) == pid &&
				      get_u32(bytes + 12) == size && get_u32(bytes + CRC_AT) == crc_of(bytes, size));
	line("got");
	printf(" %u:%u %u %zu %s\n", node, pid, get_u32(head), size, sound ? "ok" : "bad");
	(void)handle, (void)name;
}

static void on_view(cpg_handle_t handle, const struct cpg_name *name, const struct cpg_address *members, size_t n,
		    const struct cpg_address *left, size_t n_left, const struct cpg_address *joined, size_t n_joined)
{
	line("view");
	print_processes(members, n, 0);
	print_processes(left, n_left, 1);
	print_processes(joined, n_joined, 1);
	putchar('\n');
	(void)handle, (void)name;
}

static void on_ring(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t n, const uint32_t *members)
{
	line("ring");
	printf(" %x.%llx", ring.nodeid, (unsigned long long)ring.seq);
	print_nodes(members, n);
	putchar('\n');
	(void)handle;
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring, uint32_t n,
		      const uint32_t *members)
{
	line("quorum");
	printf(" %u %x.%llx", quorate, ring.nodeid, (unsigned long long)ring.seq);
	print_nodes(members, n);
	putchar('\n');
	(void)handle;
}

static void print_groups(void)
{
	cpg_iteration_handle_t iteration;
	struct cpg_iteration_description_t process;
	cs_error_t result = cpg_iteration_initialize(cpg, CPG_ITERATION_ALL, NULL, &iteration);
	if (result != CS_OK)
		finish("cpg_iteration_initialize %d", result);
	line("groups");
	while ((result = cpg_iteration_next(iteration, &process)) == CS_OK)
		printf(" %.*s/%u:%u", (int)process.group.length, process.group.value, process.nodeid, process.pid);
	putchar('\n');
	cpg_iteration_finalize(iteration);
}

/* Lines on the standard input: `send COUNT SIZE INTERVAL`, `stop`, `groups`, `leave`, `quit`. */
static void obey(char *command)
{
	long count;
	unsigned size;
	unsigned long interval;
	if (sscanf(command, "send %ld %u %lu", &count, &size, &interval) == 3 && size > 0 && size <= LARGEST) {
		task.left = count;
		task.size = size;
		task.interval = interval;
		task.next = microseconds();
	} else if (strcmp(command, "stop") == 0) {
		task.left = 0;
		line("done");
		printf(" %u\n", counter);
	} else if (strcmp(command, "groups") == 0) {
		print_groups();
	} else if (strcmp(command, "leave") == 0) {
		cpg_leave(cpg, &group);
	} else if (strcmp(command, "quit") == 0) {
		cpg_finalize(cpg);
		finish("quit");
	} else {
		finish("what is %s", command);
	}
}

static void read_commands(void)
{
	static char text[1024];
	static size_t filled;
	ssize_t n = read(STDIN_FILENO, text + filled, sizeof text - 1 - filled);
	if (n <= 0)
		finish("input closed");
	filled += n;
	text[filled] = 0;
	char *start = text, *newline;
	while ((newline = strchr(start, '\n')) != NULL) {
		*newline = 0;
		obey(start);
		start = newline + 1;
	}
	filled -= start - text;
	memmove(text, start, filled);
}

static int retry(cs_error_t result, uint64_t since)
{
	if (result != CS_ERR_TRY_AGAIN && result != CS_ERR_LIBRARY && result != CS_ERR_NOT_EXIST)
		return 0;
	if (microseconds() - since > PATIENCE_MS * 1000ull)
		return 0;
	usleep(20000);
	return 1;
}

static void connect_and_join(const char *name)
{
	cpg_model_v1_data_t cpg_model = { CPG_MODEL_V1, on_deliver, on_view, on_ring, CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF };
	quorum_model_v1_data_t quorum_model = { QUORUM_MODEL_V1, on_quorum, NULL };
	uint64_t since = microseconds();
	uint32_t type;
	cs_error_t result;

	while (retry(result = cpg_model_initialize(&cpg, CPG_MODEL_V1, (cpg_model_data_t *)&cpg_model, NULL), since))
		;
	if (result != CS_OK)
		finish("cpg_model_initialize %d", result);
	while (retry(result = quorum_model_initialize(&quorum, QUORUM_MODEL_V1, (quorum_model_data_t *)&quorum_model,
						     &type, NULL), since))
		;
	if (result != CS_OK)
		finish("quorum_model_initialize %d", result);
	if ((result = cpg_local_get(cpg, &node_id)) != CS_OK)
		finish("cpg_local_get %d", result);
	line("start");
	printf(" %u:%u\n", node_id, (unsigned)getpid());
	if ((result = quorum_trackstart(quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES)) != CS_OK)
		finish("quorum_trackstart %d", result);
	group.length = strlen(name);
	memcpy(group.value, name, group.length);
	while (retry(result = cpg_join(cpg, &group), since))
		;
	if (result != CS_OK)
		finish("cpg_join %d", result);
}

int main(int argc, char **argv)
{
	int cpg_fd, quorum_fd;
	if (argc != 2 || strlen(argv[1]) > CPG_MAX_NAME_LENGTH)
		return 2;
	prepare_crc();
	connect_and_join(argv[1]);
	cpg_fd_get(cpg, &cpg_fd);
	quorum_fd_get(quorum, &quorum_fd);
	for (;;) {
		struct pollfd fds[] = { { STDIN_FILENO, POLLIN, 0 }, { cpg_fd, POLLIN, 0 }, { quorum_fd, POLLIN, 0 } };
		uint64_t now = microseconds();
		int wait = task.left == 0 ? -1 : task.next <= now ? 0 : (int)((task.next - now + 999) / 1000);
		cs_error_t result;
		fflush(stdout);
		if (poll(fds, 3, wait) < 0 && errno != EINTR)
			finish("poll %d", errno);
		if (fds[1].revents && (result = cpg_dispatch(cpg, CS_DISPATCH_ALL)) != CS_OK && result != CS_ERR_TRY_AGAIN)
			finish("cpg_dispatch %d", result);
		if (fds[2].revents && (result = quorum_dispatch(quorum, CS_DISPATCH_ALL)) != CS_OK &&
		    result != CS_ERR_TRY_AGAIN)
			finish("quorum_dispatch %d", result);
		if (fds[0].revents)
			read_commands();
		send_due();
	}
}
