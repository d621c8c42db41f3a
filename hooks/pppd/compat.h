/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * pppd's interface to plugins was a set of variables until 2.4.9 and is a set of functions from
 * 2.5.0 on. Here the names of the latter are given to the former, and what only one of them has
 * gets a name of its own. Include it before anything else: the older headers define `bool` their
 * own way, and leave out IPv6 unless asked for it.
 *
 * 2.5.0 is told apart by PPPD_VERSION, which its headers define and the older do not.
 */
#define INET6 1
#include <pppd/pppd.h>

#include <pppd/eui64.h>
#include <pppd/fsm.h>
#include <pppd/ipcp.h>
#include <pppd/ipv6cp.h>
#include <pppd/lcp.h>

#ifdef PPPD_VERSION

#include <pppd/options.h>

/* Its public headers do not tell the name of the link. */
static inline const char *pppd_linkname(void)
{
	return "";
}

static inline const char *pppd_device(void)
{
	return ppp_devnam();
}

static inline int pppd_status(void)
{
	return (int)ppp_status();
}

static inline void pppd_untimeout(void (*function)(void *), void *argument)
{
	ppp_untimeout(function, argument);
}

static inline void pppd_timeout(void (*function)(void *), void *argument, int ms)
{
	ppp_timeout(function, argument, ms / 1000, ms % 1000 * 1000);
}

#else

#define PPPD_VERSION    VERSION
#define ppp_add_options add_options
#define ppp_ifname()    ((const char *)ifname)
#define ppp_ipparam()   ((const char *)ipparam)
#define ppp_get_mtu     netif_get_mtu
#define ppp_persist()   (persist != 0)

#define NF_PHASE_CHANGE (&phasechange)
#define NF_EXIT         (&exitnotify)
#define NF_IP_UP        (&ip_up_notifier)
#define NF_IP_DOWN      (&ip_down_notifier)
#define NF_IPV6_UP      (&ipv6_up_notifier)
#define NF_IPV6_DOWN    (&ipv6_down_notifier)
#define NF_LINK_DOWN    (&link_down_notifier)
#define ppp_add_notify  add_notifier

static inline const char *pppd_linkname(void)
{
	return linkname;
}

static inline const char *pppd_device(void)
{
	return devnam;
}

static inline int pppd_status(void)
{
	return status;
}

static inline void pppd_untimeout(void (*function)(void *), void *argument)
{
	untimeout(function, argument);
}

static inline void pppd_timeout(void (*function)(void *), void *argument, int ms)
{
	timeout(function, argument, ms / 1000, ms % 1000 * 1000);
}

#endif
