/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/ip.h"

enum {
	ADVERTISED_MAX = 8
};

/* A router advertisement of ours: nets in which hosts make themselves addresses. */
struct advertisement {
	int link;
	uint16_t router_s; /* how long we are a default router; 0: no longer */
	struct advertised {
		struct ip_prefix net;
		uint32_t preferred_s, valid_s;
	} v[ADVERTISED_MAX];
	size_t n;
};
