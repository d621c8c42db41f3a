/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command and tells what the kernel announced meanwhile, and when. The clock that counts
 * is the one of an observer who hears the kernel's notifications as uplinkd does: in the same
 * network namespace, woken by the same message.
 *
 * The command is this process (so that whoever started it can end and await it); the observer is
 * a descendant that has gone its own way, and reports once what was waited for has come and the
 * kernel has been quiet for a while. Times are in microseconds since the command began, with -c
 * since the kernel told of the loss of a carrier or the end of a link, or, with -a, of the
 * monotonic clock.
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "intent/objects.h"
#include "kernel/attribute.h"
#include "kernel/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum {
	QUIET_MS = 200,
	PATIENCE_MS = 120 * 1000 /* a hang; a line may have to be trusted again, and once more */
};

enum source {
	SOURCE_ROUTE,  /* rtnetlink */
	SOURCE_NFT,    /* nfnetlink */
	SOURCE_NOTIFY, /* sd_notify(3) of the command */
	SOURCE_TAP,    /* packets at the far end of a line */
	SOURCE_EXIT,   /* of the command */
	SOURCE_MAX
};

enum happening {
	BEGIN,
	CARRIER_LOST,
	CHANGE, /* nftables, or a route or rule of uplinkd's */
	PACKET,
	READY,
	EXIT,
	HAPPENING_MAX
};

static const char *const happening_names[] = { "begin",  "carrier", "change",
					       "packet", "ready",   "exit" };

struct seen {
	uint64_t first_us, last_us;
	unsigned times;
};

struct watch {
	struct netlink route, nft;
	struct pollfd sources[SOURCE_MAX];
	uint16_t port; /* of the packets that count at the tap, network order */
	enum happening zero;
	bool absolute;
	unsigned awaited; /* bits by enum happening */
	uint64_t now_us;
	struct seen seen[HAPPENING_MAX];
};

static void happened(struct watch *watch, enum happening what)
{
	struct seen *seen = &watch->seen[what];

	if (!seen->times++)
		seen->first_us = watch->now_us;
	seen->last_us = watch->now_us;
}

/* --- what is heard ---------------------------------------------------------------------------- */

static bool is_our_rule(const struct nlmsghdr *message)
{
	const struct nlattr *attributes[FRA_PROTOCOL + 1];

	attributes_of_message(message, sizeof(struct fib_rule_hdr), attributes, FRA_PROTOCOL);
	return attribute_u8(attributes[FRA_PROTOCOL]) == UPLINKD_PROTOCOL;
}

static int on_route_message(const struct nlmsghdr *message, void *userdata)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct watch *watch = userdata;

	watch->now_us = monotonic_us();
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		if (!(link->ifi_flags & IFF_UP) || !(link->ifi_flags & IFF_RUNNING))
			happened(watch, CARRIER_LOST);
		break;
	case RTM_DELLINK:
		happened(watch, CARRIER_LOST);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (route->rtm_protocol == UPLINKD_PROTOCOL)
			happened(watch, CHANGE);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		if (is_our_rule(message))
			happened(watch, CHANGE);
		break;
	}
	return 0;
}

static int on_nft_message(const struct nlmsghdr *message, void *userdata)
{
	struct watch *watch = userdata;

	watch->now_us = monotonic_us();
	if (NFNL_MSG_TYPE(message->nlmsg_type) != NFT_MSG_NEWGEN)
		happened(watch, CHANGE);
	return 0;
}

static void on_notify(struct watch *watch, const char *text)
{
	if (strncmp(text, "READY=1", 7) == 0)
		happened(watch, READY);
}

/* From the IP header on, which is IPv4's. */
static void on_packet(struct watch *watch, const uint8_t *packet, size_t size)
{
	size_t header = size ? (packet[0] & 15U) * 4U : 0;

	if (size >= header + 4 && memcmp(packet + header + 2, &watch->port, 2) == 0)
		happened(watch, PACKET);
}

static int hear_datagram(struct watch *watch, enum source source)
{
	char buffer[2048];
	ssize_t size = recv(watch->sources[source].fd, buffer, sizeof(buffer) - 1, 0);

	if (size < 0)
		return -errno;
	buffer[size] = '\0';
	if (source == SOURCE_NOTIFY)
		on_notify(watch, buffer);
	else
		on_packet(watch, (const uint8_t *)buffer, (size_t)size);
	return 0;
}

static int hear(struct watch *watch, enum source source)
{
	watch->now_us = monotonic_us();
	switch (source) {
	case SOURCE_ROUTE:
		return netlink_read_events(&watch->route, on_route_message, watch);
	case SOURCE_NFT:
		return netlink_read_events(&watch->nft, on_nft_message, watch);
	case SOURCE_NOTIFY:
	case SOURCE_TAP:
		return hear_datagram(watch, source);
	case SOURCE_EXIT:
		happened(watch, EXIT);
		watch->sources[source].fd = -1;
		return 0;
	case SOURCE_MAX:
		break;
	}
	return -EINVAL;
}

static bool all_came(const struct watch *watch)
{
	for (unsigned i = 0; i < HAPPENING_MAX; i++)
		if (watch->awaited & 1U << i && !watch->seen[i].times)
			return false;
	return true;
}

/* Until all that is awaited has come and nothing else does; packets go on for ever. */
static int listen_all(struct watch *watch)
{
	uint64_t deadline_us = monotonic_us() + PATIENCE_MS * 1000;

	for (;;) {
		bool done = all_came(watch);
		int n, r = 0;

		if (done)
			watch->sources[SOURCE_TAP].fd = -1;
		n = poll(watch->sources, SOURCE_MAX, QUIET_MS);
		if (n < 0)
			return -errno;
		if (n == 0 && done)
			return 0;
		for (enum source s = 0; s < SOURCE_MAX && r == 0; s++)
			if (watch->sources[s].revents)
				r = hear(watch, s);
		if (r < 0)
			return r;
		if (monotonic_us() > deadline_us)
			return -ETIMEDOUT;
	}
}

/* --- where it is heard ------------------------------------------------------------------------ */

static int open_netlink(struct netlink *netlink, int bus, const int *groups, size_t n)
{
	int r = netlink_init(netlink, bus);

	for (size_t i = 0; i < n && r == 0; i++)
		r = netlink_join(netlink, groups[i]);
	return r < 0 ? r : netlink_fd(netlink);
}

static int notify_socket(void)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
			      "uplinkd-bench-%d", getpid());

	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0)
		return -errno;
	address.sun_path[0] = '@';
	return setenv("NOTIFY_SOCKET", address.sun_path, 1) < 0 ? -errno : TAKE_FD(fd);
}

static int packet_socket(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETHERTYPE_IP),
				       .sll_ifindex = (int)if_nametoindex(interface) };
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* NAMESPACE:INTERFACE:PORT */
static int tap_socket(char *where, uint16_t *ret_port)
{
	char *namespace = strsep(&where, ":"), *interface = strsep(&where, ":");
	_cleanup_close_ int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int there = open(namespace, O_RDONLY | O_CLOEXEC);
	int fd;

	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		return -errno;
	fd = packet_socket(interface);
	if (setns(home, CLONE_NEWNET) < 0)
		return -errno;
	*ret_port = htons((uint16_t)strtoul(where ? where : "0", NULL, 10));
	return fd;
}

static int exit_fd(void)
{
	int fd = pidfd_open(getpid(), 0);

	return fd < 0 ? -errno : fd;
}

static int open_sources(struct watch *watch, char *tap)
{
	static const int route_groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
					    RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE };
	static const int nft_groups[] = { NFNLGRP_NFTABLES };
	const int fds[SOURCE_MAX] = {
		open_netlink(&watch->route, NETLINK_ROUTE, route_groups, ELEMENTS_OF(route_groups)),
		open_netlink(&watch->nft, NETLINK_NETFILTER, nft_groups, ELEMENTS_OF(nft_groups)),
		notify_socket(),
		tap ? tap_socket(tap, &watch->port) : -1,
		exit_fd(),
	};

	for (enum source s = 0; s < SOURCE_MAX; s++) {
		if (fds[s] < 0 && (s != SOURCE_TAP || tap))
			return fds[s];
		watch->sources[s] = (struct pollfd){ .fd = fds[s], .events = POLLIN };
	}
	return 0;
}

/* --- running ---------------------------------------------------------------------------------- */

static void report(const struct watch *watch)
{
	uint64_t zero = watch->absolute ? 0 : watch->seen[watch->zero].first_us;

	for (enum happening i = 0; i < HAPPENING_MAX; i++) {
		const struct seen *seen = &watch->seen[i];

		if (seen->times)
			printf("%s %" PRId64 " %" PRId64 " %u\n", happening_names[i],
			       (int64_t)(seen->first_us - zero), (int64_t)(seen->last_us - zero),
			       seen->times);
	}
}

/* The observer, ahead of all it observes. The command says through `start` when it begins. */
static int observe(struct watch *watch, int start)
{
	const struct sched_param urgent = { .sched_priority = 1 };
	int r = sched_setscheduler(0, SCHED_FIFO, &urgent) < 0 ||
				read(start, &watch->now_us, sizeof(watch->now_us)) < 0
			? -errno
			: 0;

	happened(watch, BEGIN);
	if (r == 0)
		r = listen_all(watch);
	report(watch);
	if (r < 0)
		fprintf(stderr, "watch: %s\n", strerror(-r));
	return r < 0;
}

/* Leaves the observer to itself: a child's child, whose parent ends at once. */
static int fork_observer(struct watch *watch, int start)
{
	pid_t child = fork();

	if (child == 0) {
		if (fork() == 0) {
			int status = observe(watch, start);

			fflush(stdout);
			_exit(status);
		}
		_exit(0);
	}
	return child < 0 || waitpid(child, NULL, 0) < 0 ? -errno : 0;
}

/* Becomes the command. What it writes is not the report. */
static int become(char **command, int start)
{
	uint64_t now = monotonic_us();

	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || write(start, &now, sizeof(now)) < 0)
		return -errno;
	execvp(command[0], command);
	return -errno;
}

static int run(struct watch *watch, char *tap, char **command)
{
	int start[2], r = open_sources(watch, tap);

	if (r < 0)
		return r;
	if (pipe2(start, O_CLOEXEC) < 0)
		return -errno;
	r = fork_observer(watch, start[0]);
	return r < 0 ? r : become(command, start[1]);
}

int main(int argc, char **argv)
{
	struct watch watch = { .awaited = 1U << EXIT };
	char *tap = NULL;
	int option, r;

	while ((option = getopt(argc, argv, "+acrt:")) != -1)
		switch (option) {
		case 'a':
			watch.absolute = true;
			break;
		case 'c':
			watch.zero = CARRIER_LOST;
			watch.awaited |= 1U << CARRIER_LOST | 1U << CHANGE;
			break;
		case 'r':
			watch.awaited = 1U << READY;
			break;
		case 't':
			tap = optarg;
			watch.awaited |= 1U << PACKET;
			break;
		default:
			return 2;
		}
	if (optind == argc) {
		fprintf(stderr,
			"Usage: watch [-a] [-c] [-r] [-t NAMESPACE:INTERFACE:PORT] COMMAND...\n"
			"  -a  times of the monotonic clock\n"
			"  -c  times since a carrier was lost or a link ended; wait for that and a change\n"
			"  -r  wait for the command to be ready, not for its end\n"
			"  -t  wait for an IPv4 packet to PORT at that interface\n");
		return 2;
	}
	r = run(&watch, tap, argv + optind);
	fprintf(stderr, "watch: %s: %s\n", argv[optind], strerror(-r));
	return 1;
}
