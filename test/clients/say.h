/* What the suites of the libraries print: a line a call, with its result. */
#ifndef SAY_H
#define SAY_H

#include <corosync/corotypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A handle that was never given. */
#define NO_HANDLE 0x1234567800000077ULL
enum { PATIENCE_MS = 10000 };

static inline void say(const char *what, long result)
{
	printf("%s %ld\n", what, result);
	fflush(stdout);
}

/* Calls that find the daemon busy are repeated: when it is so is chance. */
#define TRY(call) ({ \
	cs_error_t error_; \
	int tries_ = 0; \
	while ((error_ = (call)) == CS_ERR_TRY_AGAIN && tries_++ < PATIENCE_MS) \
		usleep(1000); \
	error_; \
})
#define SAY(call) say(#call, TRY(call))

/* Waits until there is something to dispatch; 0 if there is nothing in so many milliseconds. */
static inline int readable(int fd, int milliseconds)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	return poll(&poll_fd, 1, milliseconds) > 0;
}

/* Dispatches until the condition holds, or for ten seconds. */
#define DISPATCH_UNTIL(fd, dispatch, condition) do { \
	time_t end_ = time(NULL) + PATIENCE_MS / 1000; \
	while (!(condition) && time(NULL) < end_) \
		if (readable(fd, 100)) \
			dispatch; \
	if (!(condition)) \
		say("waited in vain: " #condition, 0); \
} while (0)

#endif
