/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/reader.h"

/* What the checks of services and those of their servers share. */

/* A service, its group in the file, and one of its servers with its own. */
struct spot {
	struct reader *reader;
	struct config_service *service;
	const config_setting_t *group;
	struct config_server *server;
	const config_setting_t *server_group; /* NULL: the sorry server, which has no group */
};

/* Checks its servers, and completes them by what they leave to the service. */
void check_servers(struct spot *spot);

/* The setting of that key, or the whole group when it has none. */
const config_setting_t *spot_setting(const struct spot *spot, const char *key);
/* Says that method "local" is not for IPsec. */
void problem_local(const struct spot *spot, const config_setting_t *setting);
const char *family_text(uint8_t family);
