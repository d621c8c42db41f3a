/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pppd 2.5: functions. */
#include "compat.h"

#include "fake.h"

#include <stdio.h>

static char interface[16];
static int status;
static ppp_notify_fn *functions[FAKE_EVENT_MAX];
char **fake_socket_option;

void ppp_add_options(option_t *options)
{
	fake_socket_option = options[0].addr;
}

void ppp_add_notify(ppp_notify_t type, ppp_notify_fn *function, void *context)
{
	static const ppp_notify_t known[FAKE_EVENT_MAX] = {
		[FAKE_PHASE] = NF_PHASE_CHANGE,  [FAKE_IP_UP] = NF_IP_UP,
		[FAKE_IP_DOWN] = NF_IP_DOWN,     [FAKE_IPV6_UP] = NF_IPV6_UP,
		[FAKE_IPV6_DOWN] = NF_IPV6_DOWN, [FAKE_LINK_DOWN] = NF_LINK_DOWN,
		[FAKE_EXIT] = NF_EXIT,
	};

	for (enum fake_event event = 0; event < FAKE_EVENT_MAX; event++)
		if (known[event] == type)
			functions[event] = function;
}

void ppp_timeout(ppp_timer_cb function, void *argument, int seconds, int us)
{
	fake_timeout(function, argument, seconds * 1000 + us / 1000);
}

void ppp_untimeout(void (*function)(void *), void *argument)
{
	fake_untimeout(function, argument);
}

const char *ppp_ifname(void)
{
	return interface;
}

const char *ppp_ipparam(void)
{
	return "office";
}

const char *ppp_devnam(void)
{
	return "eth1";
}

bool ppp_persist(void)
{
	return 1;
}

int ppp_get_mtu(int unit)
{
	return 1492;
}

ppp_exit_code_t ppp_status(void)
{
	return (ppp_exit_code_t)status;
}

void dbglog(const char *format, ...)
{
}

void fake_notify(enum fake_event event, int value)
{
	functions[event](NULL, value);
}

void fake_set_interface(const char *name)
{
	snprintf(interface, sizeof(interface), "%s", name);
}

void fake_set_status(int exit_status)
{
	status = exit_status;
}
