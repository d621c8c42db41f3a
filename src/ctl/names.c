/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of hosts and ports. They are looked up here and nowhere else, so that the daemon never
 * waits for a name server. The tables come with numbers; names are put in column by column, cut
 * and padded as ipvsadm does.
 */
#include "ctl/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

enum {
	ENDPOINT_WIDTH = 28,  /* of -L; addresses of IPv4 are cut there */
	CONNECTION_WIDTH = 18 /* of -L -c */
};

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	}
	return "sctp";
}

static int find_host(const char *name, struct ip_address *ret)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;

	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return -ENOENT;
	*ret = ip_make(AF_INET, &((const struct sockaddr_in *)(void *)found->ai_addr)->sin_addr);
	freeaddrinfo(found);
	return 0;
}

static int find_port(const char *name, uint8_t protocol, uint16_t *ret)
{
	const struct servent *found = getservbyname(name, protocol_name(protocol));

	if (!found)
		return -ENOENT;
	*ret = ntohs((uint16_t)found->s_port);
	return 0;
}

const struct ipvs_names ctl_names = { .host = find_host, .port = find_port };

struct name {
	bool cut; /* by the width of its column */
	char text[NI_MAXHOST + 64];
};

static void host_name(const char *text, char *ret, size_t size)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	int r = EAI_NONAME;

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		r = getnameinfo((const struct sockaddr *)&v4, sizeof(v4), ret, (socklen_t)size,
				NULL, 0, NI_NAMEREQD);
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		r = getnameinfo((const struct sockaddr *)&v6, sizeof(v6), ret, (socklen_t)size,
				NULL, 0, NI_NAMEREQD);
	if (r != 0)
		snprintf(ret, size, "%s", text);
}

/* `protocol` is NULL where a mark leaves it open. */
static struct name endpoint_name(const char *endpoint, size_t length, const char *protocol)
{
	_cleanup_free_ char *copy = strndup(endpoint, length);
	char *port = copy ? strrchr(copy, ':') : NULL;
	const struct servent *service = NULL;
	struct name ret = { .cut = *endpoint != '[' };
	char host[NI_MAXHOST];

	if (!port) {
		snprintf(ret.text, sizeof(ret.text), "%.*s", (int)length, endpoint);
		return ret;
	}
	*port++ = '\0';
	if (!ret.cut)
		copy[strlen(copy) - 1] = '\0';
	host_name(copy + !ret.cut, host, sizeof(host));
	if (protocol)
		service = getservbyport(htons((uint16_t)strtoul(port, NULL, 10)), protocol);
	snprintf(ret.text, sizeof(ret.text), "%s%s%s:%s", ret.cut ? "" : "[", host,
		 ret.cut ? "" : "]", service ? service->s_name : port);
	return ret;
}

/* Where the blank-delimited word at `text` ends, and where the next begins. */
static const char *word_end(const char *text)
{
	return text + strcspn(text, " ");
}

static const char *next_word(const char *text)
{
	text = word_end(text);
	return text + strspn(text, " ");
}

/* "tcp" for a line that begins with TCP or -t, ..., or NULL. */
static const char *line_protocol(const char *text)
{
	static const char *const words[][2] = { { "TCP", "tcp" },   { "UDP", "udp" },
						{ "SCTP", "sctp" }, { "-t", "tcp" },
						{ "-u", "udp" },    { "--sctp-service", "sctp" } };
	size_t length = strcspn(text, " ");

	for (size_t i = 0; i < ELEMENTS_OF(words); i++)
		if (strlen(words[i][0]) == length && memcmp(words[i][0], text, length) == 0)
			return words[i][1];
	return NULL;
}

static void print_saved(const char *line, FILE *out)
{
	const char *protocol = line_protocol(next_word(line));
	bool named = false;

	for (const char *word = line; *word; word = next_word(word)) {
		size_t length = (size_t)(word_end(word) - word);

		if (named)
			fputs(endpoint_name(word, length, protocol).text, out);
		else
			fwrite(word, 1, length, out);
		named = line_protocol(word) || (length == 2 && memcmp(word, "-r", 2) == 0);
		fputc(word[length] ? ' ' : '\n', out);
	}
}

static void print_connection(const char *line, FILE *out)
{
	const char *protocol = line_protocol(line), *word = line;

	if (!protocol) {
		fprintf(out, "%s\n", line);
		return;
	}
	for (size_t i = 0; i < 3; i++)
		word = next_word(word);
	fwrite(line, 1, (size_t)(word - line), out);
	for (size_t i = 0; i < 3; i++, word = next_word(word)) {
		struct name name = endpoint_name(word, strcspn(word, " "), protocol);

		fprintf(out, i < 2 ? "%-*s " : "%-.*s\n", i < 2 ? CONNECTION_WIDTH : NI_MAXHOST,
			name.text);
	}
}

/* A service (5 columns of protocol before its address) or a server ("  -> "). */
static void print_row(const struct ipvs_command *command, const char *line, const char *protocol,
		      FILE *out)
{
	bool numbers = ipvs_has(command, OPTION_STATS) || ipvs_has(command, OPTION_RATE);
	bool server = *line == ' ';
	const char *end = word_end(line + 5);
	struct name name = endpoint_name(line + 5, (size_t)(end - line) - 5, protocol);
	size_t padded = server || numbers ? ENDPOINT_WIDTH : 0;

	if (name.cut)
		name.text[ENDPOINT_WIDTH] = '\0';
	fprintf(out, "%.5s%-*s", line, (int)padded, name.text);
	if ((size_t)(end - line) - 5 < padded)
		end = line + 5 + padded;
	fprintf(out, "%s\n", end);
}

static void print_listed(const struct ipvs_command *command, const char *line,
			 const char **protocol, FILE *out)
{
	if (strncmp(line, "FWM ", 4) == 0)
		*protocol = NULL;
	else if (line_protocol(line))
		*protocol = line_protocol(line);
	if (line_protocol(line) || (strncmp(line, "  -> ", 5) == 0 && line[5] != 'R'))
		print_row(command, line, *protocol, out);
	else
		fprintf(out, "%s\n", line);
}

void names_print(const struct ipvs_command *command, const char *text, FILE *out)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;
	const char *protocol = NULL;

	while ((line = strsep(&rest, "\n")) && (*line || rest)) {
		if (command->verb == IPVS_SAVE)
			print_saved(line, out);
		else if (ipvs_has(command, OPTION_CONNECTION))
			print_connection(line, out);
		else
			print_listed(command, line, &protocol, out);
	}
}
