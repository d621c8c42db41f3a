/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Speaking with the daemon: over its own socket, which is root's; anybody else, who may read, goes
 * through the system bus. Whatever fails is said here, once, in words for the person who typed.
 */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
	REPLY_MAX_US = 60000000 /* a reload of a very large file included */
};

void ctl_say(const char *message)
{
	size_t length = strlen(message);

	fprintf(stderr, "%s%s", message, length && message[length - 1] == '\n' ? "" : "\n");
}

int ctl_shown(int r)
{
	if (r < 0)
		ctl_say("out of memory");
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A connected descriptor or a negative errno. */
static int connect_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	size_t length = strlen(path);

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int start(int fd, sd_bus **ret)
{
	_cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_fd(bus, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_bus_start(bus);
	if (r >= 0)
		*ret = TAKE_PTR(bus);
	return r;
}

static int say_unreachable(const char *path, int r)
{
	if (r == -ENOENT)
		fprintf(stderr, "uplinkd is not running (no socket %s)\n", path);
	else if (r == -ECONNREFUSED)
		fprintf(stderr, "uplinkd is not running (nobody listens on %s)\n", path);
	else if (r == -EACCES || r == -EPERM)
		fprintf(stderr, "only root may use %s, and the system bus does not answer\n", path);
	else
		fprintf(stderr, "cannot speak with uplinkd on %s: %s\n", path, strerror(-r));
	return r;
}

int ctl_connect(struct ctl *ctl)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (ctl->bus)
		return 0;
	if (asprintf(&path, "%s/bus", ctl->runtime_dir) < 0) {
		path = NULL;
		ctl_say("out of memory");
		return -ENOMEM;
	}
	r = connect_socket(path);
	if (r >= 0) {
		r = start(r, &ctl->bus);
	} else if (r == -EACCES && strcmp(ctl->runtime_dir, RUNTIME_DIR) == 0 &&
		   sd_bus_open_system(&ctl->bus) >= 0) {
		ctl->destination = BUS_NAME;
		r = 0;
	}
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(ctl->bus, REPLY_MAX_US);
	return r < 0 ? say_unreachable(path, r) : 0;
}

void ctl_say_error(const sd_bus_error *error, int r)
{
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN))
		ctl_say("uplinkd is not running, or not on the system bus");
	else if (sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED))
		ctl_say("only root may do that");
	else if (r == -ECONNRESET || r == -ENOTCONN ||
		 sd_bus_error_has_name(error, SD_BUS_ERROR_DISCONNECTED))
		ctl_say("uplinkd has closed the connection");
	else if (error->message)
		ctl_say(error->message);
	else
		ctl_say(strerror(-r));
}

int ctl_call(struct ctl *ctl, const char *path, const char *interface, const char *member,
	     sd_bus_message **ret_reply, const char *types, ...)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	va_list arguments;
	int r = ctl_connect(ctl);

	if (r < 0)
		return r;
	va_start(arguments, types);
	r = sd_bus_call_methodv(ctl->bus, ctl->destination, path, interface, member, &error,
				ret_reply, types, arguments);
	va_end(arguments);
	if (r < 0)
		ctl_say_error(&error, r);
	return r < 0 ? r : 0;
}

void ctl_say_known(json_object *tree, const struct ctl_kind *kind, const char *name)
{
	json_object *list = json_object_object_get(tree, kind->many);
	size_t n = list ? json_object_array_length(list) : 0;

	fprintf(stderr, "there is no %s %s; %s:%s", kind->one, name, kind->many, n ? "" : " none");
	for (size_t i = 0; i < n; i++) {
		json_object *object = json_object_array_get_idx(list, i);
		json_object *known = json_object_object_get(object, "name");

		fprintf(stderr, "%s %s", i ? "," : "", json_object_get_string(known));
	}
	fputc('\n', stderr);
}

static void say_known(struct ctl *ctl, const struct ctl_kind *kind, const char *name)
{
	_cleanup_(json_object_putp) json_object *tree = ctl_read(ctl);

	if (tree)
		ctl_say_known(tree, kind, name);
}

static int call_object(struct ctl *ctl, const struct ctl_kind *kind, const char *name,
		       sd_bus_message *call)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call(ctl->bus, call, 0, &error, NULL);

	if (sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_OBJECT))
		say_known(ctl, kind, name);
	else if (r < 0)
		ctl_say_error(&error, r);
	return r < 0 ? r : 0;
}

static int new_call(struct ctl *ctl, const struct ctl_kind *kind, const char *name,
		    const char *member, sd_bus_message **ret)
{
	_cleanup_free_ char *path = NULL;
	int r = sd_bus_path_encode(kind->path, name, &path);

	return r < 0 ? r
		     : sd_bus_message_new_method_call(ctl->bus, ret, ctl->destination, path,
						      kind->interface, member);
}

int ctl_call_object_list(struct ctl *ctl, const struct ctl_kind *kind, const char *name,
			 const char *member, char **texts)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r = ctl_connect(ctl);

	if (r < 0)
		return r;
	r = new_call(ctl, kind, name, member, &call);
	if (r >= 0)
		r = sd_bus_message_append_strv(call, texts);
	if (r < 0) {
		ctl_say(strerror(-r));
		return r;
	}
	return call_object(ctl, kind, name, call);
}

int ctl_call_object(struct ctl *ctl, const struct ctl_kind *kind, const char *name,
		    const char *member, const char *types, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	va_list arguments;
	int r = ctl_connect(ctl);

	if (r < 0)
		return r;
	r = new_call(ctl, kind, name, member, &call);
	if (r >= 0 && types) {
		va_start(arguments, types);
		r = sd_bus_message_appendv(call, types, arguments);
		va_end(arguments);
	}
	if (r < 0) {
		ctl_say(strerror(-r));
		return r;
	}
	return call_object(ctl, kind, name, call);
}
