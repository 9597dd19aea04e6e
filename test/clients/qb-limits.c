/*
 * A program that knocks at libqb's sockets, politely or not, to see what a daemon makes of it.
 *
 * usage: qb-limits NAME knock COUNT   connects and disconnects; prints each outcome that there was, in the order
 *                                     in which it came first: "OUTCOMExTIMES", OUTCOME being 0 or an errno
 *        qb-limits cpg live COUNT     so many connections, by turns of a member of the group "lives" that says something
 *                                     and of a reader of the database, who leave open what they have opened; prints how
 *                                     many there were
 *        qb-limits NAME await 0       connects until that works; prints as knock does
 *        qb-limits NAME half BYTES    sends so many bytes of the handshake, then waits; prints after how many
 *                                     milliseconds the daemon has closed the connection
 *        qb-limits NAME hoard COUNT   opens so many connections that say nothing, then connects; prints as knock does
 *        qb-limits NAME size BYTES    asks in the handshake for messages of so many bytes; prints the errno of the answer,
 *                                     or 0 and how many bytes were granted
 *        qb-limits NAME id ID         sends a request of that id, then one of id 999; prints "answer ERROR" for each
 *        qb-limits NAME say 0         reads a request a line, in hexadecimal digits, with "!" before one that gets no
 *                                     answer, and sends it; prints "answer ERROR", "sent" or "gone" for each
 *        qb-limits cpg deaf BYTES     joins the group "deaf" and multicasts so many bytes again and again, without ever
 *                                     reading, until that fails for a second; then calls what has to be answered; prints
 *                                     the last error of the multicasts and those of the calls
 *        qb-limits cpg step NUMBER    goes so many steps of a member's life, prints "there" and stands still:
 *                                     0 connected, 1 one byte sent, 2 handshake sent, 3 welcome read, 4 half a request
 *                                     written, 5 a request sent and no answer read, 6 joined the group "steps", 7 in the
 *                                     middle of its multicasts
 * build: cc -o qb-limits qb-limits.c -lcpg -lcmap -lqb
 */
#include <corosync/cmap.h>
#include <corosync/cpg.h>
#include <errno.h>
#include <poll.h>
#include <qb/qbipcc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1024 * 1024, AUTHENTICATE = -1, UNKNOWN_REQUEST = 999, PATIENCE_MS = 10000, ERRNOS = 256 };

/* What libqb's client begins with, and what it gets. */
struct hello {
	struct qb_ipc_request_header header;
	uint32_t room __attribute__((aligned(8)));
} __attribute__((aligned(8)));

struct welcome {
	struct qb_ipc_response_header header;
	int32_t type;
	uint32_t room;
	/* and what a client needs to find its rings */
};

static const char *name;

static long milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int knock(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		fail("connect");
	return fd;
}

static void say(int fd, uint32_t room, size_t bytes)
{
	struct hello hello;
	memset(&hello, 0, sizeof hello);
	hello.header.id = AUTHENTICATE;
	hello.header.size = sizeof hello;
	hello.room = room;
	if (bytes > 0 && send(fd, &hello, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
		fail("send");
}

/* Connects by libqb; 0 or an errno. */
static int visit(void)
{
	qb_ipcc_connection_t *connection = qb_ipcc_connect(name, ROOM);
	if (connection == NULL)
		return errno;
	qb_ipcc_disconnect(connection);
	return 0;
}

/* Visits `count` times, or until one visit works. */
static void visits(long count)
{
	static long times[ERRNOS];
	static int order[ERRNOS];
	int outcomes = 0, outcome;
	long done = 0;
	do {
		outcome = visit();
		if (outcome < 0 || outcome >= ERRNOS)
			fail("errno");
		if (times[outcome]++ == 0)
			order[outcomes++] = outcome;
		if (count == 0 && outcome != 0)
			usleep(1000);
	} while (count == 0 ? outcome != 0 : ++done < count);
	for (int i = 0; i < outcomes; i++)
		printf("%s%dx%ld", i == 0 ? "" : " ", order[i], times[order[i]]);
	puts("");
}

static void half(long bytes)
{
	int fd = knock();
	long start = milliseconds();
	struct pollfd closed = { fd, POLLIN, 0 };
	char answer[100];
	say(fd, ROOM, bytes);
	if (poll(&closed, 1, PATIENCE_MS) != 1)
		puts("still open");
	else if (recv(fd, answer, sizeof answer, 0) > 0)
		puts("answered");
	else
		printf("%ld\n", milliseconds() - start);
}

static void size(uint32_t room)
{
	struct welcome welcome;
	int fd = knock();
	say(fd, room, sizeof(struct hello));
	ssize_t got = recv(fd, &welcome, sizeof welcome, MSG_WAITALL);
	if (got < (ssize_t)sizeof welcome.header)
		puts("nothing");
	else if (welcome.header.error != 0)
		printf("%d\n", -welcome.header.error);
	else
		printf("0 %u\n", welcome.room);
}

static void report(qb_ipcc_connection_t *connection)
{
	static char answer[ROOM];
	ssize_t got;
	long end = milliseconds() + PATIENCE_MS;
	/* Only between two waits does libqb see that the daemon has ended the connection. */
	do
		got = qb_ipcc_recv(connection, answer, sizeof answer, 50);
	while ((got == -EAGAIN || got == -ETIMEDOUT) && milliseconds() < end);
	if (got == -ENOTCONN)
		puts("gone");
	else if (got < (ssize_t)sizeof(struct qb_ipc_response_header))
		puts("nothing");
	else
		printf("answer %d\n", ((struct qb_ipc_response_header *)answer)->error);
}

static void requests(int32_t id)
{
	struct { struct qb_ipc_request_header header; char body[100]; } request = { { id, sizeof request }, { 0 } };
	qb_ipcc_connection_t *connection = qb_ipcc_connect(name, ROOM);
	if (connection == NULL)
		fail("qb_ipcc_connect");
	for (int i = 0; i < 2; i++) {
		if (qb_ipcc_send(connection, &request, sizeof request) < 0)
			puts("gone");
		else
			report(connection);
		request.header.id = UNKNOWN_REQUEST;
	}
}

/* The bytes that a line of hexadecimal digits stands for. */
static size_t bytes_of(const char *digits, unsigned char *bytes)
{
	size_t length = 0;
	while (sscanf(digits + 2 * length, "%2hhx", bytes + length) == 1)
		length++;
	return length;
}

static void say_all(void)
{
	static char line[4 * 1024];
	static unsigned char request[sizeof line / 2] __attribute__((aligned(8)));
	ssize_t sent = 0;
	qb_ipcc_connection_t *connection = qb_ipcc_connect(name, ROOM);
	if (connection == NULL)
		fail("qb_ipcc_connect");
	while (fgets(line, sizeof line, stdin) != NULL) {
		int silent = line[0] == '!';
		size_t length = bytes_of(line + silent, request);
		do
			sent = qb_ipcc_send(connection, request, length);
		while (sent == -EAGAIN);
		if (sent < 0)
			puts("gone");
		else if (silent)
			puts("sent");
		else
			report(connection);
	}
}

static void there(void)
{
	puts("there");
	fflush(stdout);
}

static cpg_handle_t join(const struct cpg_name *group)
{
	cpg_callbacks_t none = { 0 };
	cpg_handle_t cpg;
	cs_error_t error = cpg_initialize(&cpg, &none);
	/* Until this process has left the group that it was in before. */
	while (error == CS_OK && (error = cpg_join(cpg, group)) == CS_ERR_TRY_AGAIN) {
		usleep(100);
		error = CS_OK;
	}
	if (error != CS_OK)
		fail("cpg");
	return cpg;
}

static void changed(cmap_handle_t map, cmap_track_handle_t track, int32_t event, const char *key,
	struct cmap_notify_value now, struct cmap_notify_value old, void *data)
{
	(void)map, (void)track, (void)event, (void)key, (void)now, (void)old, (void)data;
}

static void live(long count)
{
	struct cpg_name group = { 5, "lives" };
	struct iovec piece = { "hello", 5 };
	cmap_handle_t map;
	cmap_iter_handle_t iterator;
	cmap_track_handle_t track;
	long lives;
	for (lives = 0; lives < count; lives++) {
		if (lives % 2 == 0) {
			cpg_handle_t cpg = join(&group);
			cpg_mcast_joined(cpg, CPG_TYPE_AGREED, &piece, 1);
			cpg_finalize(cpg);
		} else if (cmap_initialize(&map) != CS_OK || cmap_iter_init(map, NULL, &iterator) != CS_OK ||
			cmap_track_add(map, "lives.", CMAP_TRACK_ADD | CMAP_TRACK_PREFIX, changed, NULL, &track) != CS_OK ||
			cmap_finalize(map) != CS_OK) {
			break;
		}
	}
	printf("%ld\n", lives);
}

static void deaf(long bytes)
{
	struct iovec piece = { calloc(1, bytes), bytes };
	struct cpg_name group = { 4, "deaf" };
	struct cpg_address members[CPG_MEMBERS_MAX];
	cpg_handle_t cpg = join(&group);
	cs_error_t error = CS_OK;
	int count;
	for (long last = milliseconds(); milliseconds() - last < 1000;) {
		error = cpg_mcast_joined(cpg, CPG_TYPE_AGREED, &piece, 1);
		if (error == CS_OK)
			last = milliseconds();
		else
			usleep(1000);
	}
	printf("%d", error);
	printf(" %d", cpg_membership_get(cpg, &group, members, &count));
	printf(" %d", cpg_leave(cpg, &group));
	printf(" %d\n", cpg_finalize(cpg));
}

static void member(int sends)
{
	static char bulk[100000];
	struct iovec piece = { bulk, sizeof bulk };
	struct cpg_name group = { 5, "steps" };
	cpg_handle_t cpg = join(&group);
	there();
	while (sends)
		cpg_mcast_joined(cpg, CPG_TYPE_AGREED, &piece, 1);
}

static void step(long number)
{
	struct welcome welcome;
	if (number <= 3) {
		int fd = knock();
		say(fd, ROOM, number == 0 ? 0 : number == 1 ? 1 : sizeof(struct hello));
		if (number == 3 && recv(fd, &welcome, sizeof welcome, 0) <= 0)
			fail("recv");
		there();
	} else if (number <= 5) {
		struct { struct qb_ipc_request_header header; char body[100]; } request = {
			{ UNKNOWN_REQUEST, sizeof request }, { 0 } };
		qb_ipcc_connection_t *connection = qb_ipcc_connect(name, ROOM);
		/* A request whose header promises more than there is. */
		if (number == 4)
			request.header.size = ROOM / 2;
		if (connection == NULL || qb_ipcc_send(connection, &request, sizeof request) < 0)
			fail("request");
		there();
	} else {
		member(number == 7);
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	name = argv[1];
	const char *what = argv[2];
	long number = atol(argv[3]);
	if (strcmp(what, "knock") == 0 || strcmp(what, "await") == 0) {
		visits(number);
	} else if (strcmp(what, "live") == 0) {
		live(number);
	} else if (strcmp(what, "half") == 0) {
		half(number);
	} else if (strcmp(what, "hoard") == 0) {
		while (number-- > 0)
			knock();
		visits(1);
	} else if (strcmp(what, "size") == 0) {
		size(number);
	} else if (strcmp(what, "id") == 0) {
		requests(number);
	} else if (strcmp(what, "say") == 0) {
		say_all();
	} else if (strcmp(what, "deaf") == 0) {
		deaf(number);
	} else if (strcmp(what, "step") == 0) {
		step(number);
	} else {
		return 2;
	}
	return 0;
}
