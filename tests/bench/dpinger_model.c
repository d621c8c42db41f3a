/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dpinger_model.h"

enum {
	ALERT_MS = 1000,
	LOST_MS = 2000,
	LOSS_HIGH = 20,
	CLEAR_LOOKS = 10
};

static void look(struct dpinger *d)
{
	unsigned received = 0, lost = 0;

	for (unsigned i = 0; i < DPINGER_SLOTS; i++) {
		received += d->slots[i].answered;
		lost += d->slots[i].sent && !d->slots[i].answered &&
			d->now_ms - d->slots[i].sent_ms > LOST_MS;
	}
	if (lost && lost * 100 / (received + lost) > LOSS_HIGH)
		d->looks_left = CLEAR_LOOKS;
	else if (d->looks_left)
		d->looks_left--;
}

bool dpinger_step(struct dpinger *d, bool answered)
{
	d->slots[d->next].sent = true;
	d->slots[d->next].sent_ms = d->now_ms;
	d->slots[d->next].answered = answered;
	d->next = (d->next + 1) % DPINGER_SLOTS;
	d->now_ms += DPINGER_SEND_MS / 2;
	if (d->now_ms % ALERT_MS < DPINGER_SEND_MS)
		look(d);
	d->now_ms += DPINGER_SEND_MS / 2;
	return d->looks_left;
}
