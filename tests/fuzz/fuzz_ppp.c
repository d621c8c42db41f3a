/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any messages, one after the other with empty lines between, leave a session that makes sense,
 * and what is written down of it is read as the same.
 */
#include "uplink/ppp.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	assert(length < size);
	for (size_t i = 0; i < length; i++)
		assert((unsigned char)text[i] >= ' ');
}

static void check_session(const struct line_ppp *ppp)
{
	check_text(ppp->ipparam, sizeof(ppp->ipparam));
	check_text(ppp->end, sizeof(ppp->end));
	assert(ppp->up == (ppp->carries[FAMILY_V4] || ppp->carries[FAMILY_V6]));
	if (!ppp->up)
		assert(!ip_is_set(&ppp->dns[0]) && !ppp->mtu && !ppp->echo_lost);
	else
		assert(!*ppp->end);
}

static void check_printed(const struct line_ppp *ppp)
{
	struct line_ppp again = { 0 };
	struct ppp_message message;
	char text[1024];

	if (!ppp->up || !ppp_message_print(ppp, "ppp0", 1, text, sizeof(text)))
		return;
	assert(ppp_message_parse(text, strlen(text), &message) == 0);
	ppp_take(&again, &message);
	assert(again.up && again.mtu == ppp->mtu && ip_equal(&again.peer, &ppp->peer));
	assert(strcmp(again.ipparam, ppp->ipparam) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;
	struct line_ppp ppp = { 0 };

	while (text < end) {
		const char *gap = memmem(text, (size_t)(end - text), "\n\n", 2);
		size_t length = (size_t)((gap ? gap : end) - text);
		struct ppp_message message;

		if (ppp_message_parse(text, length, &message) == 0) {
			check_text(message.interface, sizeof(message.interface));
			ppp_take(&ppp, &message);
			check_session(&ppp);
			check_printed(&ppp);
		}
		text += length + 2;
	}
	ppp_gone(&ppp);
	check_session(&ppp);
	return 0;
}
