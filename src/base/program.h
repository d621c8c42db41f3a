/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/array.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

/*
 * Programs of the user's, run beside the event loop: nothing on stdin, "/" as their directory,
 * default signals, and a process group of their own, which is killed when their time is over.
 */

enum {
	PROGRAM_LINE_MAX = 256,  /* bytes of a line of output; the rest of it is left out */
	PROGRAM_LINES_MAX = 100, /* of one run; what comes then is read and thrown away */
	PROGRAM_END_TEXT_MAX = 64
};

struct program;

/* Those of one owner. Zeroed but for the event loop, it is ready. */
struct programs {
	sd_event *event;
	LIST_HEAD(program_list, program) list;
};

struct program_end {
	int error;     /* negative errno: how it ended is not known */
	int status;    /* exit status, or -1 */
	int signal;    /* that killed it, or 0 */
	bool too_long; /* its time was over */
};

struct program_spec {
	char *const *arguments;   /* the first is the file, an absolute path; NULL at the end */
	char *const *environment; /* NULL at the end */
	uint64_t limit_us;        /* 0: none */
	/* A line of what it writes to stdout and stderr; NULL: that goes to /dev/null. */
	void (*said)(const char *line, void *userdata);
	/* The program is gone; may be NULL. Not called after program_kill(). */
	void (*ended)(const struct program_end *end, void *userdata);
	void *userdata;
};

/* 0 or a negative errno. `ret` (may be NULL) is valid until ended() is called, in it as well. */
int program_start(struct programs *programs, const struct program_spec *spec, struct program **ret);
/* Kills its group; nobody is told. It is buried when it has ended. */
void program_kill(struct program *program);
/* Kills all that are left; whoever inherits them buries them. */
void programs_done(struct programs *programs);

struct program_end_text {
	char text[PROGRAM_END_TEXT_MAX];
};
/* "exit status 3", "killed by signal 9", "takes too long, killed". */
struct program_end_text program_end_text(const struct program_end *end);

/* What a program finds in its environment; environment_done() when it has been started. */
struct environment {
	struct arena arena;
	ARRAY(char *) v; /* NULL at the end once environment_begin() has been called */
};

/* The same PATH for all. 0 or -ENOMEM. */
int environment_begin(struct environment *environment);
/* NAME=value; control characters become '?'. 0 or -ENOMEM. */
int environment_add(struct environment *environment, const char *name, const char *format, ...)
	_printf_(3, 4);
/* "NAME=value" as it is, which must live as long; NULL counts as -ENOMEM. */
int environment_put(struct environment *environment, char *variable);
void environment_done(struct environment *environment);
