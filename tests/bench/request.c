/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the daemon for something, again and again over one connection to its socket, and prints how
 * many microseconds each took from the request to the answer, which comes when the kernel is
 * arranged. The weight is 2 and 1 in turn, so that every request changes something.
 *
 * usage: request SOCKET reload TIMES
 *        request SOCKET weight TIMES SERVICE SERVER
 */
#include "base/time.h"
#include "control/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ask_reload(sd_bus *bus)
{
	return sd_bus_call_method(bus, NULL, BUS_ROOT, MANAGER_INTERFACE, "Reload", NULL, NULL,
				  NULL);
}

static int ask_weight(sd_bus *bus, const char *path, const char *server, unsigned weight)
{
	return sd_bus_call_method(bus, NULL, path, BUS_NAME ".Service", "SetWeight", NULL, NULL,
				  "su", server, weight);
}

/* service: NULL for a reload */
static int ask(sd_bus *bus, unsigned times, const char *service, const char *server)
{
	_cleanup_free_ char *path = NULL;
	int r = service ? sd_bus_path_encode(BUS_ROOT "/service", service, &path) : 0;

	for (unsigned i = 0; r >= 0 && i < times; i++) {
		uint64_t start_us = monotonic_us();

		r = service ? ask_weight(bus, path, server, i % 2 ? 1 : 2) : ask_reload(bus);
		if (r >= 0)
			printf("%" PRIu64 "\n", monotonic_us() - start_us);
	}
	return r;
}

static int run(const char *socket, unsigned times, const char *service, const char *server)
{
	_cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
	char address[256];
	int r = sd_bus_new(&bus);

	snprintf(address, sizeof(address), "unix:path=%s", socket);
	r = r < 0 ? r : sd_bus_set_address(bus, address);
	r = r < 0 ? r : sd_bus_start(bus);
	r = r < 0 ? r : sd_bus_set_method_call_timeout(bus, 60 * 1000 * 1000);
	return r < 0 ? r : ask(bus, times, service, server);
}

int main(int argc, char **argv)
{
	bool weight = argc == 6 && strcmp(argv[2], "weight") == 0;
	int r;

	if (!weight && (argc != 4 || strcmp(argv[2], "reload") != 0)) {
		fprintf(stderr, "Usage: request SOCKET reload TIMES\n"
				"       request SOCKET weight TIMES SERVICE SERVER\n");
		return 2;
	}
	r = run(argv[1], (unsigned)strtoul(argv[3], NULL, 10), weight ? argv[4] : NULL,
		weight ? argv[5] : NULL);
	if (r < 0)
		fprintf(stderr, "request: %s\n", strerror(-r));
	return r < 0;
}
