/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "probe/curl.h"

#include <systemd/sd-event.h>

/* All transfers of libcurl, driven by the event loop. */
struct web;

/*
 * `done` is called from the loop when a transfer has ended, with its CURLOPT_PRIVATE. It begins and
 * cancels transfers as it likes. -ELIBACC: there is no libcurl.
 */
int web_new(sd_event *event, void (*done)(void *data, CURLcode result), struct web **ret);
/* Takes NULL. There is no transfer left. */
void web_free(struct web *web);

/* Begins a transfer. 0 or negative errno. */
int web_begin(struct web *web, CURL *easy);
/* Ends a transfer, or takes away one that has ended. */
void web_cancel(struct web *web, CURL *easy);
