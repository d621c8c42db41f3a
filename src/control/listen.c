/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private socket, RUNTIME_DIR/bus. It is never accessible to anybody but its owner: the mode
 * is set on the socket before bind(2) gives it a name. A lock, which the kernel drops
 * however its holder dies, tells a socket that was left behind from one in use; it is on a file of
 * the owner's alone, since whoever can open a file can also lock it.
 *
 * Who connects beyond the limit waits in the backlog until another leaves.
 */
#include "control/bus.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
	CONNECTIONS_MAX = 128,
	ACCEPT_AGAIN_US = 1000 * 1000
};

int control_lock(const char *runtime_dir)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *path = NULL;
	int r = directory_create(runtime_dir, 0755);

	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot create %s", runtime_dir);
	if (asprintf(&path, "%s/lock", runtime_dir) < 0) {
		path = NULL;
		return log_oom();
	}
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return log_errno(LOG_ERR, errno, "cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return TAKE_FD(fd);
	if (errno != EWOULDBLOCK)
		return log_errno(LOG_ERR, errno, "cannot lock %s", path);
	log_error("another uplinkd is running with %s; one in another network namespace needs a "
		  "--runtime-dir of its own",
		  runtime_dir);
	return -EADDRINUSE;
}

static int bind_socket(struct control *control)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(control->socket_path);

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, control->socket_path, length + 1);
	control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listen_fd < 0 || fchmod(control->listen_fd, 0600) < 0)
		return -errno;
	if (unlink(control->socket_path) < 0 && errno != ENOENT)
		return -errno;
	if (bind(control->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(control->listen_fd, SOMAXCONN) < 0)
		return -errno;
	return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	listen_resume(userdata);
	return 0;
}

/* What is lacking (descriptors, memory) may be there again though no connection of ours ends. */
static int pause_accepting(struct control *control)
{
	int r = sd_event_source_set_enabled(control->accept_source, SD_EVENT_OFF);

	if (r >= 0 && !control->accept_again)
		return sd_event_add_time_relative(control->event, &control->accept_again,
						  CLOCK_MONOTONIC, ACCEPT_AGAIN_US, 0, on_again,
						  control);
	r = r < 0 ? r : sd_event_source_set_time_relative(control->accept_again, ACCEPT_AGAIN_US);
	return r < 0 ? r : sd_event_source_set_enabled(control->accept_again, SD_EVENT_ONESHOT);
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct control *control = userdata;
	int r, peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (peer < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return 0;
		if (!control->cramped)
			log_errno(LOG_ERR, errno, "cannot accept on %s, trying again",
				  control->socket_path);
		control->cramped = true;
		return pause_accepting(control);
	}
	control->cramped = false;
	r = peer_serve(control, peer);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot serve a connection to %s, ignoring",
			  control->socket_path);
	if (control->buses.n >= CONNECTIONS_MAX)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

void listen_resume(struct control *control)
{
	int r;

	if (!control->accept_source)
		return;
	r = sd_event_source_set_enabled(control->accept_source, SD_EVENT_ON);
	if (r < 0)
		log_errno(LOG_ERR, r, "cannot go on listening on %s", control->socket_path);
}

int listen_open(struct control *control, const char *runtime_dir)
{
	int r = control->lock_fd = control_lock(runtime_dir);

	if (r < 0)
		return r;
	if (asprintf(&control->socket_path, "%s/bus", runtime_dir) < 0) {
		control->socket_path = NULL;
		return log_oom();
	}
	r = bind_socket(control);
	if (r >= 0)
		r = sd_event_add_io(control->event, &control->accept_source, control->listen_fd,
				    EPOLLIN, on_connection, control);
	return r < 0 ? log_errno(LOG_ERR, r, "cannot listen on %s", control->socket_path) : 0;
}

void listen_close(struct control *control)
{
	control->accept_source = sd_event_source_unref(control->accept_source);
	control->accept_again = sd_event_source_disable_unref(control->accept_again);
	if (control->listen_fd >= 0) {
		close(control->listen_fd);
		unlink(control->socket_path);
	}
	if (control->lock_fd >= 0)
		close(control->lock_fd);
	free(control->socket_path);
}
