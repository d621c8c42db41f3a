/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Stands for pppd around its plugin. Nothing of pppd's headers is needed here: they do not get on
 * with those of others. What differs by its version is in fake_2_4.c and fake_2_5.c.
 */

enum fake_event {
	FAKE_PHASE,
	FAKE_IP_UP,
	FAKE_IP_DOWN,
	FAKE_IPV6_UP,
	FAKE_IPV6_DOWN,
	FAKE_LINK_DOWN,
	FAKE_EXIT,
	FAKE_EVENT_MAX
};

extern const int fake_serialconn, fake_terminate, fake_dead, fake_holdoff; /* phases */
extern const int fake_hangup;                                              /* an exit status */

/* The plugin is loaded, and given its option. */
void fake_load(char *socket_path);

void fake_notify(enum fake_event event, int value);
void fake_set_interface(const char *name);
void fake_set_status(int status);
/* What IPCP and IPV6CP come to. */
void fake_negotiate(void);
/* Opened or not, and why it was closed by us, or "". */
void fake_set_lcp(int opened, const char *reason);
void fake_lcp_sent(unsigned char code);
void fake_lcp_received(unsigned char code, const char *words);

extern const unsigned char fake_echo_request, fake_echo_reply, fake_terminate_request;

/* Time goes by. */
void fake_pass(int ms);

/* For fake_2_4.c and fake_2_5.c. */
void fake_timeout(void (*function)(void *), void *argument, int ms);
void fake_untimeout(void (*function)(void *), void *argument);
extern char **fake_socket_option;
