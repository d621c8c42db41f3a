/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is the same in all versions of pppd that the plugin is made for. */
#include "compat.h"

#include "fake.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
	CALLOUTS_MAX = 8,
	FRAME_MAX = 256
};

struct callout {
	void (*function)(void *);
	void *argument;
	int due_ms;
};

static struct callout callouts[CALLOUTS_MAX];
static int now_ms;
static char term_reason[64];

const int fake_serialconn = PHASE_SERIALCONN, fake_terminate = PHASE_TERMINATE,
	  fake_dead = PHASE_DEAD, fake_holdoff = PHASE_HOLDOFF;
const int fake_hangup = EXIT_HANGUP;
const unsigned char fake_echo_request = ECHOREQ, fake_echo_reply = ECHOREP,
		    fake_terminate_request = TERMREQ;

fsm lcp_fsm[NUM_PPP];
lcp_options lcp_gotoptions[NUM_PPP];
ipcp_options ipcp_gotoptions[NUM_PPP], ipcp_hisoptions[NUM_PPP];
ipv6cp_options ipv6cp_gotoptions[NUM_PPP], ipv6cp_hisoptions[NUM_PPP];
void (*snoop_send_hook)(unsigned char *packet, int size);
void (*snoop_recv_hook)(unsigned char *packet, int size);

void fake_timeout(void (*function)(void *), void *argument, int ms)
{
	for (struct callout *c = callouts; c < callouts + CALLOUTS_MAX; c++)
		if (!c->function) {
			*c = (struct callout){ function, argument, now_ms + ms };
			return;
		}
}

void fake_untimeout(void (*function)(void *), void *argument)
{
	for (struct callout *c = callouts; c < callouts + CALLOUTS_MAX; c++)
		if (c->function == function && c->argument == argument) {
			c->function = NULL;
			return;
		}
}

void fake_pass(int ms)
{
	for (int end = now_ms + ms; now_ms < end; now_ms++)
		for (struct callout *c = callouts; c < callouts + CALLOUTS_MAX; c++) {
			struct callout due = *c;

			if (!due.function || due.due_ms > now_ms)
				continue;
			c->function = NULL;
			due.function(due.argument);
		}
}

void plugin_init(void);

void fake_load(char *socket_path)
{
	plugin_init();
	*fake_socket_option = socket_path;
}

void fake_negotiate(void)
{
	ipcp_gotoptions[0].ouraddr = inet_addr("192.0.2.7");
	ipcp_hisoptions[0].hisaddr = inet_addr("192.0.2.1");
	ipcp_gotoptions[0].dnsaddr[0] = inet_addr("192.0.2.53");
	ipcp_gotoptions[0].dnsaddr[1] = inet_addr("192.0.2.54");
	ipv6cp_gotoptions[0].ourid.e32[1] = htonl(7);
	ipv6cp_hisoptions[0].hisid.e32[1] = htonl(1);
	lcp_gotoptions[0].mru = 1480;
}

void fake_set_lcp(int opened, const char *reason)
{
	lcp_fsm[0].state = opened ? OPENED : CLOSED;
	lcp_fsm[0].term_reason = term_reason;
	lcp_fsm[0].term_reason_len = snprintf(term_reason, sizeof(term_reason), "%s", reason);
}

/* A frame of LCP; its length. */
static int write_frame(unsigned char code, const char *words, unsigned char *frame)
{
	size_t length = strlen(words) + 4;
	const unsigned char header[] = {
		0xff, 0x03, 0xc0, 0x21, code, 1, 0, (unsigned char)length
	};

	memcpy(frame, header, sizeof(header));
	memcpy(frame + sizeof(header), words, length - 4);
	return (int)length + 4;
}

void fake_lcp_sent(unsigned char code)
{
	unsigned char frame[FRAME_MAX];

	snoop_send_hook(frame, write_frame(code, "", frame));
}

void fake_lcp_received(unsigned char code, const char *words)
{
	unsigned char frame[FRAME_MAX];

	snoop_recv_hook(frame, write_frame(code, words, frame));
}
