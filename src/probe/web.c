/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The glue between libcurl's multi interface and sd-event: libcurl says which sockets and which
 * time it waits for, and is told when they are there. It closes sockets by itself, and says so
 * before (CURL_POLL_REMOVE), so an event source never outlives its descriptor.
 */
#include "probe/web.h"

#include "base/cleanup.h"
#include "probe/engine.h"

#include <errno.h>
#include <sys/epoll.h>

struct web {
	sd_event *event;
	sd_event_source *timer;
	CURLM *multi;
	void (*done)(void *data, CURLcode result);
};

static void take_finished(struct web *web)
{
	CURLMsg *message;
	int left;

	while ((message = curl.multi_info_read(web->multi, &left))) {
		CURLcode result = message->data.result;
		void *data = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
		web->done(data, result);
	}
}

static void act(struct web *web, curl_socket_t fd, int what)
{
	int running;

	curl.multi_socket_action(web->multi, fd, what, &running);
	take_finished(web);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	int what = 0;

	if (events & (EPOLLIN | EPOLLHUP))
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		what |= CURL_CSELECT_ERR;
	act(userdata, fd, what);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	act(userdata, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

static int want_time(CURLM *multi, long timeout_ms, void *userdata)
{
	struct web *web = userdata;
	int r;

	if (timeout_ms < 0)
		return sd_event_source_set_enabled(web->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	r = sd_event_source_set_time_relative(web->timer, (uint64_t)timeout_ms * 1000);
	r = r < 0 ? r : sd_event_source_set_enabled(web->timer, SD_EVENT_ONESHOT);
	return r < 0 ? -1 : 0;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data)
{
	struct web *web = userdata;
	sd_event_source *source = socket_data;
	uint32_t events = 0;
	int r;

	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		return 0;
	}
	if (what != CURL_POLL_OUT)
		events |= EPOLLIN;
	if (what != CURL_POLL_IN)
		events |= EPOLLOUT;
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	r = sd_event_add_io(web->event, &source, fd, events, on_io, web);
	r = r < 0 ? r : sd_event_source_set_priority(source, PROBE_PRIORITY);
	if (r < 0) {
		sd_event_source_disable_unref(source);
		return -1;
	}
	curl.multi_assign(web->multi, fd, source);
	return 0;
}

static int web_init(struct web *web)
{
	CURLMcode code;
	int r = sd_event_add_time(web->event, &web->timer, CLOCK_MONOTONIC, 0, 1000, on_time, web);

	r = r < 0 ? r : sd_event_source_set_enabled(web->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	web->multi = curl.multi_init();
	if (!web->multi)
		return -ENOMEM;
	code = curl.multi_setopt(web->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	code = code ? code : curl.multi_setopt(web->multi, CURLMOPT_SOCKETDATA, web);
	code = code ? code : curl.multi_setopt(web->multi, CURLMOPT_TIMERFUNCTION, want_time);
	code = code ? code : curl.multi_setopt(web->multi, CURLMOPT_TIMERDATA, web);
	return code ? -EIO : 0;
}

int web_new(sd_event *event, void (*done)(void *data, CURLcode result), struct web **ret)
{
	struct web *web;
	int r = curl_load();

	if (r < 0)
		return r;
	web = calloc(1, sizeof(*web));
	if (!web)
		return -ENOMEM;
	web->event = sd_event_ref(event);
	web->done = done;
	r = web_init(web);
	if (r < 0) {
		web_free(web);
		return r;
	}
	*ret = web;
	return 0;
}

void web_free(struct web *web)
{
	if (!web)
		return;
	curl.multi_cleanup(web->multi);
	sd_event_source_disable_unref(web->timer);
	sd_event_unref(web->event);
	free(web);
}

int web_begin(struct web *web, CURL *easy)
{
	return curl.multi_add_handle(web->multi, easy) == CURLM_OK ? 0 : -EIO;
}

void web_cancel(struct web *web, CURL *easy)
{
	curl.multi_remove_handle(web->multi, easy);
}
