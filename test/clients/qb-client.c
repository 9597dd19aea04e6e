/*
 * A client of libqb that behaves as it is told, to see what a daemon makes of it.
 *
 * usage: qb-client NAME cycle COUNT    connects and disconnects; prints how often that worked
 *        qb-client NAME size SIZE      sends a request whose header says SIZE; prints what came back:
 *                                      "answer ERROR", "gone" (disconnected) or "nothing"
 *        qb-client NAME flood COUNT    sends so many requests and reads nothing until the end; prints "answer ERROR"
 *        qb-client NAME room BYTES     asks to be able to exchange messages of so many bytes; prints "connected" or
 *                                      the errno
 * build: cc -o qb-client qb-client.c -lqb
 */
#include <errno.h>
#include <qb/qbipcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024 * 1024, UNKNOWN_REQUEST = 999, PATIENCE_MS = 300 };

struct request {
	struct qb_ipc_request_header header;
	char body[100];
};

static void report_answer(qb_ipcc_connection_t *connection)
{
	static char answer[ROOM];
	ssize_t size = qb_ipcc_recv(connection, answer, sizeof answer, PATIENCE_MS);
	if (size == -ENOTCONN)
		puts("gone");
	else if (size < (ssize_t)sizeof(struct qb_ipc_response_header))
		puts("nothing");
	else
		printf("answer %d\n", ((struct qb_ipc_response_header *)answer)->error);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	const char *name = argv[1], *what = argv[2];
	long number = atol(argv[3]);
	if (strcmp(what, "cycle") == 0) {
		long done = 0;
		qb_ipcc_connection_t *connection;
		while (done < number && (connection = qb_ipcc_connect(name, ROOM)) != NULL) {
			qb_ipcc_disconnect(connection);
			done++;
		}
		printf("%ld\n", done);
		return 0;
	}
	qb_ipcc_connection_t *connection = qb_ipcc_connect(name, strcmp(what, "room") == 0 ? number : ROOM);
	if (connection == NULL) {
		printf("%d\n", errno);
		return 0;
	}
	struct request request = { { UNKNOWN_REQUEST, sizeof request }, { 0 } };
	if (strcmp(what, "size") == 0) {
		request.header.size = number;
		qb_ipcc_send(connection, &request, sizeof request);
		report_answer(connection);
	} else if (strcmp(what, "flood") == 0) {
		for (long i = 0; i < number; i++)
			while (qb_ipcc_send(connection, &request, sizeof request) == -EAGAIN)
				;
		report_answer(connection);
	} else {
		puts("connected");
	}
	qb_ipcc_disconnect(connection);
	return 0;
}
