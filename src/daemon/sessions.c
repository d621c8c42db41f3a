/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PPP sessions by the names of their interfaces. Lines take theirs from here whenever they are
 * judged; so a session may begin before its line is configured, and outlives reloads. Those that
 * are up are kept in RUNTIME_DIR/sessions for the daemon after us, as the messages that tell of
 * them.
 *
 * Where there is a plugin its word counts, and not the hooks': pppd starts them beside its own
 * work, and one that is late would speak of the session before.
 */
#include "daemon/sessions.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>

enum {
	SESSIONS_MAX = 256,
	KEPT_MAX = 1024 /* bytes of one */
};

struct session {
	LIST_ENTRY(session) entry;
	struct daemon *daemon;
	char interface[IF_NAMESIZE];
	struct line_ppp ppp;
	int link; /* interface index that it was last seen with, 0: none yet */
	bool by_plugin;
	int pidfd; /* of pppd, or -1 */
	sd_event_source *ended;
};

static struct session *find_session(struct ppp *ppp, const char *interface, int pid)
{
	struct session *session;

	for (session = LIST_FIRST(&ppp->sessions); session; session = LIST_NEXT(session, entry))
		if (*interface ? strcmp(session->interface, interface) == 0
			       : pid && session->ppp.pid == pid)
			return session;
	return NULL;
}

static void let_go(struct session *session)
{
	session->ended = sd_event_source_disable_unref(session->ended);
	closep(&session->pidfd);
	session->pidfd = -1;
}

static void session_free(struct ppp *ppp, struct session *session)
{
	let_go(session);
	LIST_REMOVE(session, entry);
	ppp->n--;
	free(session);
}

static const struct line *line_of(const struct daemon *d, const char *interface)
{
	/* What is kept is read before the configuration. */
	for (size_t i = 0; d->config && i < d->config->uplinks.n; i++)
		if (strcmp(d->config->uplinks.v[i].interface, interface) == 0)
			return &d->world.lines[i];
	return NULL;
}

/*
 * There may be hundreds besides the lines, as where pppd serves others, and their names come and
 * go. False: there is none that is of less use than one of this interface.
 */
static bool make_room(struct daemon *d, const char *interface)
{
	struct session *session, *spare = NULL;

	if (d->ppp->n < SESSIONS_MAX)
		return true;
	for (session = LIST_FIRST(&d->ppp->sessions); session; session = LIST_NEXT(session, entry))
		if (!line_of(d, session->interface) &&
		    (!session->ppp.up || (!spare && line_of(d, interface))))
			spare = session;
	if (spare)
		session_free(d->ppp, spare);
	return spare;
}

static struct session *add_session(struct daemon *d, const char *interface)
{
	const struct line *line = line_of(d, interface);
	struct session *session;

	if (!*interface || !make_room(d, interface))
		return NULL;
	session = calloc(1, sizeof(*session));
	if (!session) {
		log_oom();
		return NULL;
	}
	session->daemon = d;
	session->pidfd = -1;
	session->link = line ? line->link : 0;
	snprintf(session->interface, sizeof(session->interface), "%s", interface);
	LIST_INSERT_HEAD(&d->ppp->sessions, session, entry);
	d->ppp->n++;
	return session;
}

/* Whatever the kernel has to say of it comes later, and is not waited for. */
static void act_on(struct session *session, unsigned bits)
{
	struct daemon *d = session->daemon;
	const struct line *line = line_of(d, session->interface);

	if (bits & PPP_MOVED) {
		d->dirty |= KERNEL_LINKS | KERNEL_ADDRESSES | KERNEL_ROUTES;
		daemon_soon(d);
	}
	if (line && bits & PPP_SUSPECT)
		monitors_suspect(d, line);
}

static void tell(struct session *session, const char *what)
{
	const struct line_ppp *ppp = &session->ppp;
	struct event event;

	event_init(&event, EVENT_PPP, session->interface);
	event_set(&event, "ppp", "%s", what);
	if (ppp->pid)
		event_set(&event, "pid", "%d", ppp->pid);
	if (*ppp->ipparam)
		event_set(&event, "ipparam", "%s", ppp->ipparam);
	if (*ppp->end)
		event_set(&event, "reason", "%s", ppp->end);
	event_say(&event, *ppp->end && !ppp->up ? "%s (%s)" : "%s", what, ppp->end);
	daemon_tell(session->daemon, &event);
}

/* Its process has no more to do with it. */
static void end_session(struct session *session)
{
	unsigned bits = ppp_gone(&session->ppp);

	session->by_plugin = false;
	let_go(session);
	if (bits & PPP_ENDED)
		tell(session, "gone");
	act_on(session, bits);
}

static int on_gone(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	end_session(userdata);
	return 0;
}

/*
 * The process is held by a descriptor: a number may be another's by the time it matters. False:
 * there is none any more.
 */
static bool hold_process(struct session *session, int was)
{
	struct line_ppp *ppp = &session->ppp;
	int r;

	if (ppp->pid == was && (session->pidfd >= 0 || !was))
		return true;
	let_go(session);
	if (!ppp->pid)
		return true;
	session->pidfd = pidfd_open(ppp->pid, 0);
	r = session->pidfd < 0 ? -errno
			       : sd_event_add_io(session->daemon->event, &session->ended,
						 session->pidfd, EPOLLIN, on_gone, session);
	if (r >= 0)
		return true;
	let_go(session);
	if (r == -ESRCH)
		return false;
	log_errno(LOG_WARNING, r, "cannot watch pppd of %s, ignoring", session->interface);
	ppp->pid = 0;
	ppp->persists = false;
	return true;
}

static bool is_told(const struct ppp_message *message, unsigned bits)
{
	switch (message->event) {
	case PPP_START:
	case PPP_PHASE:
		return bits & PPP_ENDED || (bits & PPP_MOVED && *message->end);
	case PPP_ECHO:
		return bits & PPP_SUSPECT && message->echo_lost == 1;
	case PPP_LINK_DOWN:
	case PPP_EXIT:
	case PPP_IP_UP:
	case PPP_IP_DOWN:
	case PPP_IPV6_UP:
	case PPP_IPV6_DOWN:
	case PPP_EVENT_MAX:
		break;
	}
	return bits & PPP_MOVED;
}

static void take(struct session *session, const struct ppp_message *message)
{
	int was = session->ppp.pid;
	unsigned bits = ppp_take(&session->ppp, message);
	bool lives = hold_process(session, was);

	if (is_told(message, bits))
		tell(session, ppp_event_text(message->event));
	act_on(session, bits);
	if (!lives)
		end_session(session);
}

/* It has one interface, and when it dials again this may be another one. */
static void leave_others(struct ppp *ppp, const struct session *session, int pid)
{
	struct session *other;

	for (other = LIST_FIRST(&ppp->sessions); other; other = LIST_NEXT(other, entry))
		if (other != session && pid && other->ppp.pid == pid)
			end_session(other);
}

void sessions_take(struct daemon *d, const struct ppp_message *message, enum ppp_teller teller)
{
	struct session *session = find_session(d->ppp, message->interface, message->pid);

	if (!session)
		session = add_session(d, message->interface);
	if (!session || (session->by_plugin && teller == TELLER_HOOK) ||
	    ppp_is_late(&session->ppp, message))
		return;
	if (teller == TELLER_PLUGIN)
		leave_others(d->ppp, session, message->pid);
	session->by_plugin = teller == TELLER_PLUGIN && message->event != PPP_EXIT;
	take(session, message);
}

void sessions_free(struct ppp *ppp)
{
	struct session *session;

	while ((session = LIST_FIRST(&ppp->sessions)))
		session_free(ppp, session);
}

/* --- kept over a restart ---------------------------------------------------------------------- */

/* Only of processes that still run, where they are known, and of interfaces that are still the
 * same, see ppp_look(). */
static void recall(struct daemon *d, const char *text, size_t size)
{
	struct ppp_message message;
	struct session *session;

	if (ppp_message_parse(text, size, &message) < 0 || !message.link)
		return;
	session = find_session(d->ppp, message.interface, 0);
	if (!session)
		session = add_session(d, message.interface);
	if (!session)
		return;
	session->link = message.link;
	ppp_take(&session->ppp, &message);
	if (!hold_process(session, 0) || (message.pid && !session->ppp.pid))
		session_free(d->ppp, session);
}

/* Messages with an empty line between. */
void sessions_recall(struct daemon *d)
{
	_cleanup_free_ char *text = NULL;
	char *message, *end;
	int r = file_read(d->ppp->kept_path, &text);

	if (r < 0) {
		if (r != -ENOENT)
			log_errno(LOG_WARNING, r, "cannot read %s, ignoring", d->ppp->kept_path);
		return;
	}
	for (message = text; (end = strstr(message, "\n\n")); message = end + 2)
		recall(d, message, (size_t)(end - message));
}

static char *kept_text(struct daemon *d)
{
	char message[KEPT_MAX], *text = NULL;
	struct session *session;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (session = LIST_FIRST(&d->ppp->sessions); session; session = LIST_NEXT(session, entry))
		if (session->ppp.up && session->link &&
		    ppp_message_print(&session->ppp, session->interface, session->link, message,
				      sizeof(message)))
			fprintf(out, "%s\n", message);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

void ppp_keep(struct daemon *d)
{
	_cleanup_free_ char *text = kept_text(d);
	int r = text ? 0 : -ENOMEM;

	if (r == 0 && d->ppp->kept && strcmp(d->ppp->kept, text) == 0)
		return;
	r = r < 0 ? r : file_replace(d->ppp->kept_path, text);
	if (r < 0 && r != d->ppp->refused)
		log_errno(LOG_WARNING, r, "cannot write to %s, ignoring", d->ppp->kept_path);
	d->ppp->refused = r;
	if (r < 0)
		return;
	free(d->ppp->kept);
	d->ppp->kept = TAKE_PTR(text);
}

void ppp_look(struct daemon *d, struct line *line)
{
	struct session *session = find_session(d->ppp, line->config->interface, 0);
	const struct link *device;

	if (!session) {
		line->ppp = (struct line_ppp){ 0 };
		return;
	}
	if (line->link && line->link != session->link) {
		/* What was kept is of a session that ended while nobody listened. */
		if (!session->ppp.up || (session->link && !d->settled))
			ppp_forget(&session->ppp);
		session->link = line->link;
	}
	line->ppp = session->ppp;
	device = facts_link_by_name(&d->facts, session->ppp.device);
	if (device && !device->carrier)
		ppp_cut(&line->ppp);
}
