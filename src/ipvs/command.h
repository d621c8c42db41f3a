/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

/*
 * A line of the ipvsadm language (ipvsadm(8) 1.31) as a value, and back. What options go with which
 * command, defaults, messages and exit codes are ipvsadm's; where uplinkd differs uplinkctl-ipvs(8)
 * says so.
 */

enum ipvs_verb {
	IPVS_ADD_SERVICE,
	IPVS_EDIT_SERVICE,
	IPVS_DELETE_SERVICE,
	IPVS_CLEAR,
	IPVS_LIST,
	IPVS_ADD_SERVER,
	IPVS_DELETE_SERVER,
	IPVS_EDIT_SERVER,
	IPVS_SET,
	IPVS_RESTORE,
	IPVS_SAVE,
	IPVS_ZERO,
	IPVS_ADD_BOTH, /* ippfvsadm -A -t V:P -R R:P: the service too if it is not there */
	IPVS_HELP,
	IPVS_VERSION,
	IPVS_VERB_MAX
};

/* Options that a command line has, in the order in which ipvsadm complains about them. */
enum ipvs_option {
	OPTION_NUMERIC,
	OPTION_CONNECTION,
	OPTION_SERVICE,
	OPTION_SCHEDULER,
	OPTION_PERSISTENT,
	OPTION_NETMASK,
	OPTION_SERVER,
	OPTION_FORWARD,
	OPTION_WEIGHT,
	OPTION_UPPER,
	OPTION_LOWER,
	OPTION_TIMEOUT,
	OPTION_DAEMON,
	OPTION_STATS,
	OPTION_RATE,
	OPTION_THRESHOLDS,
	OPTION_PERSISTENT_CONN,
	OPTION_NOSORT,
	OPTION_EXACT,
	OPTION_ONE_PACKET,
	OPTION_ENGINE,
	OPTION_FLAGS,
	OPTION_TUNNEL_INFO,
	OPTION_TUNNEL_TYPE,
	OPTION_TUNNEL_PORT,
	OPTION_TUNNEL_NOCSUM,
	OPTION_TUNNEL_CSUM,
	OPTION_TUNNEL_REMCSUM,
	OPTION_MAX
};

enum {
	IPVS_TIMEOUT_MAX = 31 * 24 * 60 * 60, /* seconds */
	IPVS_PERSISTENT = 360,                /* seconds, of -p without a number */
	IPVS_EXIT_USAGE = 2,                  /* ipvsadm's exit codes */
	IPVS_EXIT_LIST = 1,
	IPVS_EXIT_FAILURE = 255,
	IPVS_WORDS_MAX = 64
};

struct ipvs_server {
	struct ip_address address;
	uint16_t port;              /* 0: of a mark or of every port: as it was */
	enum service_method method; /* METHOD_NAT, _ROUTE or _TUNNEL */
	enum tunnel_kind tunnel;
	uint16_t tunnel_port;
	uint32_t weight, upper, lower;
};

/* What -A and -E say of a service besides which it is. */
struct ipvs_settings {
	enum scheduler_id scheduler;
	unsigned flags;        /* enum scheduler_flag */
	uint32_t persistent_s; /* 0: not persistent */
	uint8_t netmask;       /* bits */
	bool one_packet;
};

struct ipvs_command {
	enum ipvs_verb verb;
	uint32_t options;             /* bits by enum ipvs_option */
	struct config_listen service; /* uplink is -1 */
	struct ipvs_settings settings;
	struct ipvs_server server;
	uint32_t timeouts_s[3]; /* of --set: TCP, TCP after FIN, UDP; 0: as they are */
};

static inline bool ipvs_has(const struct ipvs_command *command, enum ipvs_option option)
{
	return command->options >> option & 1;
}

/* Why a line is refused. */
struct ipvs_refusal {
	int exit_code;
	char message[256];
};

/* How names become numbers; without it only numbers are taken. Each returns 0 or -ENOENT. */
struct ipvs_names {
	int (*host)(const char *name, struct ip_address *ret); /* IPv4 */
	int (*port)(const char *name, uint8_t protocol, uint16_t *ret);
};

/*
 * Reads `n` words, without the program's name. 0, or -EINVAL and the reason. `names` may be NULL.
 */
int ipvs_parse(const char *const *words, size_t n, const struct ipvs_names *names,
	       struct ipvs_command *ret, struct ipvs_refusal *ret_refusal);

/* Splits a line in place at white space; a leading "ipvsadm" is left out, and so is a comment. The
 * number of words, or -E2BIG. */
int ipvs_split(char *line, const char **words, size_t most);

/* The command as a line of numbers without a newline: parsing it gives the same. */
void ipvs_print(const struct ipvs_command *command, FILE *out);

struct ipvs_endpoint_text {
	char text[IP_TEXT_MAX + 10];
};

/* "203.0.113.5:80", "[2001:db8::5]:0" */
struct ipvs_endpoint_text ipvs_endpoint_text(const struct ip_address *address, uint16_t port);
/* By mark, family, protocol, address and port. */
int ipvs_service_compare(const struct config_listen *a, const struct config_listen *b);
bool ipvs_same_service(const struct config_listen *a, const struct config_listen *b);
/* "sh-fallback,sh-port", or "" */
const char *ipvs_flags_text(enum scheduler_id scheduler, unsigned flags);
