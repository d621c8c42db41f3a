/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A question over UDP is answered. Anything that is not an answer to it, such as a late one to the
 * question before, is passed over.
 */
#include "base/array.h"
#include "probe/datagram.h"
#include "probe/dns_message.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum {
	ANSWER_MAX = 4096,
	SERVFAIL = 2 /* RFC 1035, 4.1.1 */
};

struct dns_state {
	uint8_t query[DNS_QUERY_MAX];
	size_t size;
};

static const char *type_of(const struct probe_spec *spec)
{
	bool root = !spec->dns_name || strcmp(spec->dns_name, ".") == 0;

	if (spec->dns_type)
		return spec->dns_type;
	return root ? "NS" : "A";
}

static int make_query(const struct probe_spec *spec, uint16_t id, struct dns_state *dns)
{
	uint16_t type;
	int r = dns_type_parse(type_of(spec), &type);

	r = r < 0 ? r : dns_query(dns->query, id, spec->dns_name, type);
	if (r < 0)
		return r;
	dns->size = (size_t)r;
	return 0;
}

static const char *dns_error(const struct probe_spec *spec)
{
	struct dns_state dns;

	return make_query(spec, 0, &dns) < 0 ? "name or type of the question is wrong" : NULL;
}

static void judge(struct probe *probe, const struct dns_answer *answer)
{
	static const char *const names[] = { "NOERROR",  "FORMERR", "SERVFAIL",
					     "NXDOMAIN", "NOTIMP",  "REFUSED" };
	uint8_t rcode = answer->rcode;

	if (probe->spec.dns_any && rcode != SERVFAIL)
		probe_end(probe, EVIDENCE_GOOD, "dns answer");
	else if (rcode != probe->spec.dns_rcode && rcode < ELEMENTS_OF(names))
		probe_end(probe, EVIDENCE_BAD, "dns answer %s", names[rcode]);
	else if (rcode != probe->spec.dns_rcode)
		probe_end(probe, EVIDENCE_BAD, "dns answer with code %u", rcode);
	else if (rcode == 0 && answer->records == 0 && !answer->truncated)
		probe_end(probe, EVIDENCE_BAD, "dns answer without a record");
	else
		probe_end(probe, EVIDENCE_GOOD, "dns answer");
}

static void answered(struct probe *probe, uint32_t events)
{
	const struct dns_state *dns = probe->state;
	uint8_t data[ANSWER_MAX];
	struct dns_answer answer;
	size_t size;

	if (datagram_receive(probe, data, sizeof(data), &size) &&
	    dns_answer(dns->query, dns->size, data, size, &answer) == 0)
		judge(probe, &answer);
}

static int dns_start(struct probe *probe)
{
	struct dns_state *dns = probe->state;
	uint16_t id;
	int r;

	if (getrandom(&id, sizeof(id), 0) < 0)
		return -errno;
	r = make_query(&probe->spec, id, dns);
	if (r < 0)
		return r;
	return datagram_send(probe, socket_connect(&probe->spec, SOCK_DGRAM, 0), dns->query,
			     dns->size, answered);
}

const struct probe_method probe_dns = {
	.name = "dns",
	.state_size = sizeof(struct dns_state),
	.error = dns_error,
	.start = dns_start,
};
