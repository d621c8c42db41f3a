/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device over which a neighbour is asked: its number and its address, looked up for each check,
 * as a device may have come back as another one since.
 */
#include "probe/neighbour.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int neighbour_device(const struct probe_spec *spec, int fd, struct neighbour_device *ret)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", spec->device);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EAFNOSUPPORT;
	memcpy(ret->mac, request.ifr_hwaddr.sa_data, sizeof(ret->mac));
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return -errno;
	ret->index = request.ifr_ifindex;
	return 0;
}

int neighbour_start_error(struct probe *probe, int error)
{
	if (error != -EAFNOSUPPORT)
		return error;
	probe_end(probe, EVIDENCE_UNSENT, PROBE_UNSENT "%s has no neighbours", probe->spec.device);
	return 0;
}

const char *neighbour_error(const struct probe_spec *spec, uint8_t family)
{
	if (!spec->device || strlen(spec->device) >= IFNAMSIZ)
		return "no device to ask over";
	if (spec->target.family != family || !ip_is_set(&spec->source))
		return "no address of that family to ask, or to ask from";
	return NULL;
}
