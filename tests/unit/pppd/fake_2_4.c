/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pppd 2.4.9: variables. */
#include "compat.h"

#include "fake.h"

#include <stdio.h>

char ifname[MAXIFNAMELEN], devnam[MAXPATHLEN] = "eth1", linkname[MAXPATHLEN] = "dsl0";
static char parameter[] = "office";
char *ipparam = parameter;
bool persist = 1;
volatile int status;
struct notifier *phasechange, *exitnotify, *ip_up_notifier, *ip_down_notifier, *ipv6_up_notifier,
	*ipv6_down_notifier, *link_down_notifier;

static notify_func functions[FAKE_EVENT_MAX];
char **fake_socket_option;

void add_options(option_t *options)
{
	fake_socket_option = options[0].addr;
}

void add_notifier(struct notifier **notifier, notify_func function, void *argument)
{
	struct notifier **const known[FAKE_EVENT_MAX] = {
		[FAKE_PHASE] = &phasechange,
		[FAKE_IP_UP] = &ip_up_notifier,
		[FAKE_IP_DOWN] = &ip_down_notifier,
		[FAKE_IPV6_UP] = &ipv6_up_notifier,
		[FAKE_IPV6_DOWN] = &ipv6_down_notifier,
		[FAKE_LINK_DOWN] = &link_down_notifier,
		[FAKE_EXIT] = &exitnotify,
	};

	for (enum fake_event event = 0; event < FAKE_EVENT_MAX; event++)
		if (known[event] == notifier)
			functions[event] = function;
}

void timeout(void (*function)(void *), void *argument, int seconds, int us)
{
	fake_timeout(function, argument, seconds * 1000 + us / 1000);
}

void untimeout(void (*function)(void *), void *argument)
{
	fake_untimeout(function, argument);
}

int netif_get_mtu(int unit)
{
	return 1492;
}

void dbglog(char *format, ...)
{
}

void fake_notify(enum fake_event event, int value)
{
	functions[event](NULL, value);
}

void fake_set_interface(const char *name)
{
	snprintf(ifname, sizeof(ifname), "%s", name);
}

void fake_set_status(int exit_status)
{
	status = exit_status;
}
