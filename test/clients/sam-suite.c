/*
 * Goes through libsam, one scenario a run: sam-suite SCENARIO. Prints what happens, a line each, without anything
 * that may differ from run to run; then how the supervisor ended and which keys of it are left in the database.
 */
#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/sam.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds between signs of life: more than a busy machine keeps a program waiting. */
#define INTERVAL 1500

static unsigned int instance;

static void say(const char *what, long value)
{
	dprintf(STDOUT_FILENO, "%u %s %ld\n", instance, what, value);
}

static void pause_ms(int milliseconds)
{
	struct timespec time = { milliseconds / 1000, (milliseconds % 1000) * 1000000L };
	while (nanosleep(&time, &time) != 0)
		;
}

static void begin(int interval, int policy)
{
	say("initialize", sam_initialize(interval, policy));
	cs_error_t error = sam_register(&instance);
	say("register", error);
}

/* The keys of the supervisor `pid`: names, types and what does not differ from run to run. */
static void keys(pid_t pid)
{
	cmap_handle_t map;
	cmap_iter_handle_t iterator;
	char prefix[64], name[CMAP_KEYNAME_MAXLEN + 1];
	cmap_value_types_t type;
	size_t length;
	uint64_t number;
	char *text;

	if (cmap_initialize(&map) != CS_OK) {
		say("no database", 0);
		return;
	}
	snprintf(prefix, sizeof(prefix), "resources.process.%d.", (int)pid);
	cmap_iter_init(map, prefix, &iterator);
	while (cmap_iter_next(map, iterator, name, &length, &type) == CS_OK) {
		const char *key = name + strlen(prefix);
		if (type == CMAP_VALUETYPE_STRING && cmap_get_string(map, name, &text) == CS_OK) {
			dprintf(STDOUT_FILENO, "%u key %s = %s\n", instance, key, text);
			free(text);
		} else if (type == CMAP_VALUETYPE_UINT64 && cmap_get_uint64(map, name, &number) == CS_OK) {
			int differs = strcmp(key, "last_updated") == 0;
			dprintf(STDOUT_FILENO, "%u key %s = u64 %" PRIu64 "\n", instance, key, differs ? number > 0 : number);
		} else {
			dprintf(STDOUT_FILENO, "%u key %s of type %d\n", instance, key, (int)type);
		}
	}
	cmap_iter_finalize(map, iterator);
	cmap_finalize(map);
}

static void errors(void)
{
	char byte;
	size_t size;

	say("register before initialize", sam_register(NULL));
	say("start before initialize", sam_start());
	say("stop before initialize", sam_stop());
	say("hc_send before initialize", sam_hc_send());
	say("finalize before initialize", sam_finalize());
	say("data_getsize before initialize", sam_data_getsize(&size));
	say("data_getsize of nothing", sam_data_getsize(NULL));
	say("data_store before initialize", sam_data_store("x", 1));
	say("data_restore before initialize", sam_data_restore(&byte, 1));
	say("warn_signal_set before initialize", sam_warn_signal_set(SIGUSR1));
	say("initialize without policy", sam_initialize(0, 0));
	say("initialize", sam_initialize(0, SAM_RECOVERY_POLICY_QUIT));
	say("initialize twice", sam_initialize(0, SAM_RECOVERY_POLICY_QUIT));
	say("start before register", sam_start());
	say("mark_failed before register", sam_mark_failed());
	say("hc_callback_register before register", sam_hc_callback_register(NULL));
	say("register", sam_register(&instance));
	say("register twice", sam_register(NULL));
	say("stop before start", sam_stop());
	say("hc_send before start", sam_hc_send());
	say("mark_failed without cmap", sam_mark_failed());
	say("hc_callback_register without interval", sam_hc_callback_register(NULL));
	say("start", sam_start());
	say("start twice", sam_start());
	say("hc_send", sam_hc_send());
	say("stop", sam_stop());
	say("stop twice", sam_stop());
	say("finalize", sam_finalize());
	say("finalize twice", sam_finalize());
	say("start after finalize", sam_start());
	exit(0);
}

static void quit(void)
{
	begin(0, SAM_RECOVERY_POLICY_QUIT);
	say("start", sam_start());
	exit(3);
}

static void restart(void)
{
	begin(0, SAM_RECOVERY_POLICY_RESTART);
	say("start", sam_start());
	if (instance == 1)
		exit(1);
	if (instance == 2)
		raise(SIGSEGV);
	say("stop", sam_stop());
	exit(4);
}

static void warned(int signal)
{
	say("warned", signal);
}

static void warn(void)
{
	begin(INTERVAL, SAM_RECOVERY_POLICY_RESTART);
	say("warn_signal_set", sam_warn_signal_set(SIGUSR1));
	signal(SIGUSR1, warned);
	say("start", sam_start());
	if (instance == 1)
		for (;;)
			pause_ms(1000);
	say("stop", sam_stop());
	exit(0);
}

/* Lives for longer than its interval by its own signs of life, then is silent. */
static void beat(void)
{
	begin(INTERVAL, SAM_RECOVERY_POLICY_RESTART);
	say("start", sam_start());
	for (int i = 0; i < 10; i++) {
		pause_ms(INTERVAL / 5);
		if (sam_hc_send() != CS_OK)
			say("hc_send", i);
	}
	say("beaten", 10);
	if (instance == 1)
		for (;;)
			pause_ms(1000);
	say("stop", sam_stop());
	exit(0);
}

static int checks;

static int check(void)
{
	say("check", ++checks);
	return checks < 3 ? 0 : -1;
}

static void callback(void)
{
	begin(INTERVAL, SAM_RECOVERY_POLICY_RESTART);
	if (instance == 2)
		exit(0);
	say("hc_callback_register", sam_hc_callback_register(check));
	say("start", sam_start());
	for (;;)
		pause_ms(1000);
}

static void data(void)
{
	char kept[64] = "";
	size_t size = 99;

	say("initialize", sam_initialize(0, SAM_RECOVERY_POLICY_RESTART));
	say("store by the supervisor", sam_data_store("first", 6));
	say("register", sam_register(&instance));
	say("getsize", sam_data_getsize(&size));
	say("size", (long)size);
	say("restore into too little", sam_data_restore(kept, 1));
	say("restore nowhere", sam_data_restore(NULL, 64));
	say("restore", sam_data_restore(kept, sizeof(kept)));
	dprintf(STDOUT_FILENO, "%u data %s\n", instance, kept);
	say("start", sam_start());
	if (instance == 1) {
		char large[50000];
		memset(large, 'x', sizeof(large));
		say("store much", sam_data_store(large, sizeof(large)));
		say("store", sam_data_store("second", 7));
		exit(1);
	}
	if (instance == 2) {
		say("store nothing", sam_data_store(NULL, 0));
		exit(1);
	}
	say("stop", sam_stop());
	exit(0);
}

static void cmap(void)
{
	begin(INTERVAL * 10, SAM_RECOVERY_POLICY_RESTART | SAM_RECOVERY_POLICY_CMAP);
	keys(getppid());
	say("start", sam_start());
	say("hc_send", sam_hc_send());
	say("stop", sam_stop());
	keys(getppid());
	say("start", sam_start());
	keys(getppid());
	if (instance == 1)
		exit(1);
	say("stop", sam_stop());
	exit(0);
}

static void cmap_quit(void)
{
	begin(0, SAM_RECOVERY_POLICY_QUIT | SAM_RECOVERY_POLICY_CMAP);
	say("start", sam_start());
	exit(6);
}

static void mark_failed(void)
{
	begin(0, SAM_RECOVERY_POLICY_RESTART | SAM_RECOVERY_POLICY_CMAP);
	signal(SIGTERM, warned);
	say("start", sam_start());
	/* Nothing more is said: when SIGKILL comes is chance. */
	cs_error_t error = sam_mark_failed();
	if (error != CS_OK)
		say("mark_failed", error);
	for (;;)
		pause_ms(1000);
}

/*
 * Whoever runs these takes quorum away and gives it back. Not with the record too: libsam's supervisor then answers
 * a start twice, takes sam_stop for answered before it is, and may die of SIGPIPE at the answer.
 */
static void quorum_restart(void)
{
	begin(0, SAM_RECOVERY_POLICY_QUORUM_RESTART);
	say("start", sam_start());
	if (instance == 1)
		for (;;)
			pause_ms(1000);
	say("stop", sam_stop());
	exit(0);
}

static void quorum_quit(void)
{
	begin(0, SAM_RECOVERY_POLICY_QUORUM_QUIT | SAM_RECOVERY_POLICY_CMAP);
	say("start", sam_start());
	for (;;)
		pause_ms(1000);
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "errors", errors },
	{ "quit", quit },
	{ "restart", restart },
	{ "warn", warn },
	{ "beat", beat },
	{ "callback", callback },
	{ "data", data },
	{ "cmap", cmap },
	{ "cmap-quit", cmap_quit },
	{ "mark-failed", mark_failed },
	{ "quorum-restart", quorum_restart },
	{ "quorum-quit", quorum_quit },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (strcmp(argv[1], scenarios[i].name) != 0)
			continue;
		int status;
		pid_t supervisor = fork();
		if (supervisor == 0)
			scenarios[i].run();
		waitpid(supervisor, &status, 0);
		say(WIFEXITED(status) ? "exit code" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		keys(supervisor);
		return 0;
	}
	fprintf(stderr, "no such scenario\n");
	return 2;
}
