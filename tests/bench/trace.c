/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts, from outside, what a running process says to the kernel by netlink and how often it
 * forks: it is traced, and every message that it sends is looked at on its way. So what uplinkd
 * says of itself is not taken on trust. Tracing makes it slower; times are taken in other runs.
 */
#include "base/cleanup.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum {
	PARTS_MAX = 64
};

struct trace {
	pid_t pid;
	int pidfd;
	unsigned changes, reads, forks;
};

/* --- messages --------------------------------------------------------------------------------- */

static bool nft_reads(uint8_t type)
{
	switch (type) {
	case NFT_MSG_GETTABLE:
	case NFT_MSG_GETCHAIN:
	case NFT_MSG_GETRULE:
	case NFT_MSG_GETSET:
	case NFT_MSG_GETSETELEM:
	case NFT_MSG_GETGEN:
	case NFT_MSG_GETOBJ:
	case NFT_MSG_GETFLOWTABLE:
		return true;
	}
	return false;
}

static bool only_reads(int protocol, uint16_t type)
{
	if (protocol == NETLINK_ROUTE)
		return (type - RTM_BASE) % 4 == RTM_GETLINK - RTM_BASE;
	if (NFNL_SUBSYS_ID(type) == NFNL_SUBSYS_CTNETLINK)
		return NFNL_MSG_TYPE(type) == IPCTNL_MSG_CT_GET;
	return nft_reads(NFNL_MSG_TYPE(type));
}

static void count_messages(struct trace *trace, int protocol, const char *data, size_t size)
{
	const struct nlmsghdr *message;

	for (size_t at = 0; at + sizeof(*message) <= size; at += NLMSG_ALIGN(message->nlmsg_len)) {
		message = (const struct nlmsghdr *)(const void *)(data + at);
		if (message->nlmsg_len < sizeof(*message))
			return;
		if (message->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		if (protocol == NETLINK_NETFILTER && NFNL_SUBSYS_ID(message->nlmsg_type) == 0)
			continue; /* begin and end of a batch */
		if (only_reads(protocol, message->nlmsg_type))
			trace->reads++;
		else
			trace->changes++;
	}
}

/* --- the process ------------------------------------------------------------------------------ */

static int peek(const struct trace *trace, uint64_t address, void *ret, size_t size)
{
	struct iovec to = { ret, size };
	struct iovec from = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_readv(trace->pid, &to, 1, &from, 1, 0);

	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EFAULT;
}

/* The netlink protocol of one of its sockets, or negative when it is none. */
static int netlink_protocol(const struct trace *trace, int number)
{
	_cleanup_close_ int fd = pidfd_getfd(trace->pidfd, number, 0);
	int domain = 0, protocol = 0;
	socklen_t size = sizeof(int);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0)
		return -errno;
	return domain == AF_NETLINK ? protocol : -EAFNOSUPPORT;
}

static int on_send(struct trace *trace, int fd, uint64_t address, size_t size)
{
	int protocol = netlink_protocol(trace, fd), r;
	_cleanup_free_ char *data = NULL;

	if (protocol < 0)
		return 0;
	data = malloc(size + 1);
	if (!data)
		return -ENOMEM;
	r = peek(trace, address, data, size);
	if (r == 0)
		count_messages(trace, protocol, data, size);
	return r;
}

static int on_sendmsg(struct trace *trace, int fd, uint64_t address)
{
	struct iovec parts[PARTS_MAX];
	struct msghdr header;
	int r = peek(trace, address, &header, sizeof(header));

	if (r < 0 || netlink_protocol(trace, fd) < 0)
		return r;
	if (header.msg_iovlen > PARTS_MAX)
		return -E2BIG;
	r = peek(trace, (uintptr_t)header.msg_iov, parts, header.msg_iovlen * sizeof(*parts));
	for (size_t i = 0; i < header.msg_iovlen && r == 0; i++)
		r = on_send(trace, fd, (uintptr_t)parts[i].iov_base, parts[i].iov_len);
	return r;
}

static int on_syscall(struct trace *trace)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, trace->pid, sizeof(info), &info) < 0)
		return -errno;
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
	if (info.entry.nr == SYS_sendto)
		return on_send(trace, (int)info.entry.args[0], info.entry.args[1],
			       info.entry.args[2]);
	if (info.entry.nr == SYS_sendmsg)
		return on_sendmsg(trace, (int)info.entry.args[0], info.entry.args[1]);
	return 0;
}

/* Deals with one stop and lets the process go on. Its children are only counted. */
static int on_stop(struct trace *trace, pid_t pid, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status), r = 0;

	if (pid != trace->pid)
		return ptrace(PTRACE_DETACH, pid, 0, 0) < 0 ? -errno : 0;
	if (event && event != PTRACE_EVENT_STOP)
		trace->forks++;
	if (signal == (SIGTRAP | 0x80))
		r = on_syscall(trace);
	if (event || signal == (SIGTRAP | 0x80))
		signal = 0;
	if (r == 0 && ptrace(PTRACE_SYSCALL, pid, 0, signal) < 0)
		r = -errno;
	return r;
}

/* --- running ---------------------------------------------------------------------------------- */

/* Deals with all stops that there are. 1 when the process has ended. */
static int on_child(struct trace *trace)
{
	int status, r = 0;

	while (r == 0) {
		pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

		if (pid == 0)
			return 0;
		if (pid < 0)
			return errno == ECHILD ? 1 : -errno;
		if (WIFSTOPPED(status))
			r = on_stop(trace, pid, status);
	}
	return r;
}

static int seize(struct trace *trace)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE;
	int status;

	trace->pidfd = pidfd_open(trace->pid, 0);
	if (trace->pidfd < 0 || ptrace(PTRACE_SEIZE, trace->pid, 0, options) < 0 ||
	    ptrace(PTRACE_INTERRUPT, trace->pid, 0, 0) < 0 ||
	    waitpid(trace->pid, &status, __WALL) < 0)
		return -errno;
	return on_stop(trace, trace->pid, status);
}

/* When the tracer ends, the kernel lets the traced go. */
static int run(struct trace *trace)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	r = seize(trace);
	if (r < 0)
		return r;
	puts("tracing");
	fflush(stdout);
	do {
		r = sigwaitinfo(&signals, NULL) == SIGTERM ? 1 : on_child(trace);
	} while (r == 0);
	return r < 0 ? r : 0;
}

int main(int argc, char **argv)
{
	struct trace trace = { 0 };
	int r;

	if (argc != 2) {
		fprintf(stderr, "Usage: trace PID\n"
				"Until SIGTERM; then prints how many netlink messages asked the "
				"kernel\nfor changes, how many only read, and how often PID "
				"forked.\n");
		return 2;
	}
	trace.pid = (pid_t)strtol(argv[1], NULL, 10);
	r = run(&trace);
	printf("changes %u\nreads %u\nforks %u\n", trace.changes, trace.reads, trace.forks);
	if (r < 0)
		fprintf(stderr, "trace: %s\n", strerror(-r));
	return r < 0;
}
