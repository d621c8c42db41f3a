/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/*
 * What the operator has said by command: weights of real servers and lines switched off. Each
 * lasts until the file's value for it changes, over reloads and restarts.
 */
struct override {
	char kind[8];                           /* "weight" or "disable" */
	char name[CONFIG_DYNAMIC_NAME_MAX + 1]; /* service or uplink */
	char server[IP_TEXT_MAX + 8];           /* config_server.text; "-" for an uplink */
	uint32_t value, file_value;
};

struct overrides {
	ARRAY(struct override) v;
};

/* 0 or -ENOMEM. A weight equal to the file's ends the override. */
int overrides_set_weight(struct overrides *overrides, const char *service,
			 const struct config_server *server, uint32_t weight);
int overrides_set_disabled(struct overrides *overrides, const char *uplink, bool disabled);
bool overrides_is_disabled(const struct overrides *overrides, const char *uplink);
/* Drops what the configuration has overtaken, and sets the weights in force in `world`. */
void overrides_apply(struct overrides *overrides, struct world *world);
void overrides_done(struct overrides *overrides);

/* One "KIND NAME SERVER VALUE FILE_VALUE" line each. */
int overrides_to_text(const struct overrides *overrides, char **ret);
/* Replaces `overrides`; lines that make no sense are left out. 0 or -ENOMEM. */
int overrides_from_text(struct overrides *overrides, const char *text);
