/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page with the right status and text, over HTTP or HTTPS. The connection is made here, as for
 * every other check, and handed to libcurl when it stands: so device, mark and the reasons of
 * failure are the same for all kinds, and names are never looked up. Every connection goes to the
 * target, whatever the host name says and wherever a redirect points.
 *
 * A body that nobody wants to see is cut off where it begins.
 */
#include "probe/parse.h"
#include "probe/socket.h"
#include "probe/web.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

enum {
	BODY_MAX = 64 * 1024,
	REDIRECTS_MAX = 5
};

struct http_state {
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	char error[CURL_ERROR_SIZE];
	int fd;     /* connected, until libcurl asks for it; else -1 */
	bool begun; /* the transfer is libcurl's */
	regex_t regex;
	bool has_regex;
	char *body; /* NULL: not wanted, or none yet */
	size_t size;
};

static const char *status_list(const struct probe_spec *spec)
{
	return spec->status ? spec->status : "200-399";
}

static bool wants_body(const struct probe_spec *spec)
{
	return spec->body || spec->regex;
}

/* libcurl asks for a socket: the first time there is one, redirects need another. */
static curl_socket_t give_socket(void *userdata, curlsocktype purpose,
				 struct curl_sockaddr *address)
{
	struct probe *probe = userdata;
	struct http_state *http = probe->state;
	int fd;

	if (http->fd >= 0)
		return TAKE_FD(http->fd);
	fd = socket_open(&probe->spec, SOCK_STREAM, 0);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int is_connected(void *userdata, curl_socket_t fd, curlsocktype purpose)
{
	union socket_address peer;
	socklen_t size = sizeof(peer);

	return getpeername(fd, &peer.any, &size) < 0 ? CURL_SOCKOPT_OK
						     : CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* Less than what was given ends the transfer, see judge(). */
static size_t take_body(char *data, size_t one, size_t size, void *userdata)
{
	struct probe *probe = userdata;
	struct http_state *http = probe->state;
	size_t taken = size < BODY_MAX - http->size ? size : BODY_MAX - http->size;

	if (!wants_body(&probe->spec))
		return 0;
	if (!http->body)
		http->body = malloc(BODY_MAX + 1);
	if (!http->body)
		return 0;
	memcpy(http->body + http->size, data, taken);
	http->size += taken;
	http->body[http->size] = '\0';
	return taken;
}

static bool has_text(const struct http_state *http, const char *text)
{
	return http->body && memmem(http->body, http->size, text, strlen(text));
}

static bool has_match(const struct http_state *http)
{
	return regexec(&http->regex, http->body ? http->body : "", 0, NULL, 0) == 0;
}

static void judge(struct probe *probe, long status)
{
	const struct http_state *http = probe->state;
	enum evidence evidence = EVIDENCE_BAD;

	if (status_matches(status_list(&probe->spec), (unsigned)status) <= 0) {
		probe_end(probe, evidence, "http status %ld", status);
		return;
	}
	if (probe->spec.body && !has_text(http, probe->spec.body))
		probe_end(probe, evidence, "http status %ld, text not found", status);
	else if (probe->spec.regex && !has_match(http))
		probe_end(probe, evidence, "http status %ld, expression does not match", status);
	else
		probe_end(probe, EVIDENCE_GOOD, "http status %ld", status);
}

/* Cut off by take_body(): all was said that anybody wanted to know. */
static bool cut_off(const struct probe *probe, CURLcode result)
{
	const struct http_state *http = probe->state;

	return result == CURLE_WRITE_ERROR && (!wants_body(&probe->spec) || http->size == BODY_MAX);
}

static void on_done(void *data, CURLcode result)
{
	struct probe *probe = data;
	const struct http_state *http = probe->state;
	const char *text;
	char reason[80];
	long status = 0;

	curl.easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	if ((result == CURLE_OK || cut_off(probe, result)) && status) {
		judge(probe, status);
		return;
	}
	text = http->error[0] ? http->error : curl.easy_strerror(result);
	text_copy(reason, sizeof(reason), text, strlen(text));
	probe_end(probe, EVIDENCE_BAD, "%s", reason);
}

static void connected(struct probe *probe)
{
	struct http_state *http = probe->state;
	int r;

	http->fd = socket_take(probe);
	http->error[0] = '\0';
	r = web_begin(probe->probes->web, http->easy);
	if (r < 0) {
		probe_end_unsent(probe, r);
		return;
	}
	http->begun = true;
}

static int http_start(struct probe *probe)
{
	return socket_dial(probe, connected);
}

static void http_stop(struct probe *probe)
{
	struct http_state *http = probe->state;

	if (http->begun)
		web_cancel(probe->probes->web, http->easy);
	http->begun = false;
	closep(&http->fd);
	http->fd = -1;
	free(http->body);
	http->body = NULL;
	http->size = 0;
}

static bool is_secure(const struct probe_spec *spec)
{
	return spec->kind == PROBE_HTTPS;
}

/* The address as it stands in URLs. */
static struct ip_text url_address(const struct ip_address *address)
{
	struct ip_text text = ip_text(address), ret;

	if (address->family != AF_INET6)
		return text;
	snprintf(ret.text, sizeof(ret.text), "[%.*s]", INET6_ADDRSTRLEN, text.text);
	return ret;
}

static CURLcode set_target(CURL *easy, const struct probe_spec *spec)
{
	struct ip_text address = url_address(&spec->target);
	_cleanup_free_ char *url = NULL;

	if (asprintf(&url, "%s://%s:%u%s", is_secure(spec) ? "https" : "http",
		     spec->host ? spec->host : address.text, spec->port,
		     spec->path ? spec->path : "/") < 0)
		return CURLE_OUT_OF_MEMORY;
	return curl.easy_setopt(easy, CURLOPT_URL, url);
}

static CURLcode set_habits(CURL *easy, const struct probe_spec *spec)
{
	CURLcode c = curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");

	c = c ? c : curl.easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	c = c ? c : curl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_USERAGENT, "uplinkd/" UPLINKD_VERSION);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_PROXY, "");
	c = c ? c : curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, (long)spec->redirects);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)spec->verify);
	return c ? c : curl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, spec->verify ? 2L : 0L);
}

static CURLcode set_callbacks(CURL *easy, struct probe *probe, char *error)
{
	CURLcode c = curl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, give_socket);

	c = c ? c : curl.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, probe);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, is_connected);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_WRITEDATA, probe);
	c = c ? c : curl.easy_setopt(easy, CURLOPT_PRIVATE, probe);
	return c ? c : curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
}

/* Lists that libcurl keeps a pointer to: the Host header, and where every connection goes. */
static CURLcode set_lists(struct http_state *http, const struct probe_spec *spec)
{
	struct ip_text address = url_address(&spec->target);
	_cleanup_free_ char *host = NULL;
	char to[sizeof(address.text) + 4];
	CURLcode c;

	snprintf(to, sizeof(to), "::%s:", address.text);
	http->connect_to = curl.slist_append(NULL, to);
	if (!http->connect_to)
		return CURLE_OUT_OF_MEMORY;
	c = curl.easy_setopt(http->easy, CURLOPT_CONNECT_TO, http->connect_to);
	if (c || !spec->host)
		return c;
	if (asprintf(&host, "Host: %s", spec->host) < 0)
		return CURLE_OUT_OF_MEMORY;
	http->headers = curl.slist_append(NULL, host);
	if (!http->headers)
		return CURLE_OUT_OF_MEMORY;
	return curl.easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers);
}

static int set_all(struct probe *probe, struct http_state *http)
{
	CURLcode c = set_target(http->easy, &probe->spec);

	c = c ? c : set_habits(http->easy, &probe->spec);
	c = c ? c : set_callbacks(http->easy, probe, http->error);
	c = c ? c : set_lists(http, &probe->spec);
	if (c == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	return c ? -EINVAL : 0;
}

static int compile(const char *expression, regex_t *ret)
{
	return regcomp(ret, expression, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) ? -EINVAL : 0;
}

static int http_init(struct probe *probe)
{
	struct http_state *http = probe->state;
	int r;

	http->fd = -1;
	r = probe->probes->web ? 0 : web_new(probe->probes->event, on_done, &probe->probes->web);
	if (r < 0)
		return r;
	if (probe->spec.regex) {
		r = compile(probe->spec.regex, &http->regex);
		http->has_regex = r == 0;
	}
	if (r < 0)
		return r;
	http->easy = curl.easy_init();
	return http->easy ? set_all(probe, http) : -ENOMEM;
}

static void http_done(struct probe *probe)
{
	struct http_state *http = probe->state;

	if (http->has_regex)
		regfree(&http->regex);
	if (!http->easy)
		return;
	curl.easy_cleanup(http->easy);
	curl.slist_free_all(http->headers);
	curl.slist_free_all(http->connect_to);
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static const char *http_error(const struct probe_spec *spec)
{
	regex_t regex;

	if (status_matches(status_list(spec), 200) < 0)
		return "not a list of http statuses";
	if (spec->path && (spec->path[0] != '/' || !is_visible(spec->path)))
		return "a path begins with / and has no blanks";
	if (spec->host &&
	    (!spec->host[0] || !is_visible(spec->host) || strpbrk(spec->host, "/:@?#")))
		return "not a host name";
	if (!spec->regex)
		return NULL;
	if (compile(spec->regex, &regex) < 0)
		return "not an extended regular expression";
	regfree(&regex);
	return NULL;
}

#define HTTP_METHOD(word)                                                                     \
	{                                                                                     \
		.name = word, .state_size = sizeof(struct http_state), .error = http_error,   \
		.init = http_init, .start = http_start, .stop = http_stop, .done = http_done, \
	}

const struct probe_method probe_http = HTTP_METHOD("http");
const struct probe_method probe_https = HTTP_METHOD("https");
