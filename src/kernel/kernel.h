/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/advertisement.h"
#include "intent/facts.h"
#include "intent/flow.h"
#include "intent/line.h"
#include "intent/objects.h"
#include "kernel/nft/member.h"
#include "plan/plan.h"

#include <systemd/sd-event.h>

/*
 * The whole boundary to the kernel: read it, change it, hear of changes. kernel_open() is the real
 * one, fake_open() (kernel/fake.h) an imitation in memory for tests.
 */

enum kernel_part {
	KERNEL_LINKS = 1 << 0,     /* facts.links and found.tunnels */
	KERNEL_ADDRESSES = 1 << 1, /* facts.addresses and found.aliases */
	KERNEL_ROUTES = 1 << 2,    /* facts.routes (main) and found.routes (ours, by protocol) */
	KERNEL_RULES = 1 << 3,
	KERNEL_NFT = 1 << 4,
	KERNEL_SYSCTLS = 1 << 5, /* only ever reported as changed; see observe_sysctls */
	KERNEL_CGROUPS = 1 << 6,
	KERNEL_EVERYTHING = (1 << 7) - 1,
};

/* What a kernel may lack. */
enum kernel_ability {
	ABILITY_IPIP, /* tunnels over IPv4 */
	ABILITY_GRE,
	ABILITY_GUE,    /* needs the module fou, which the kernel does not load by itself */
	ABILITY_IP6TNL, /* tunnels over IPv6 */
	ABILITY_IP6GRE,
	ABILITY_IP6GUE, /* needs the module fou6, likewise */
	ABILITY_FWD,    /* to hand packets over in the ingress hook (nft_fwd_netdev) */
	ABILITY_LABELS, /* to put labels on connections */
	ABILITY_MAX
};

struct kernel_callbacks {
	/* `parts` (enum kernel_part bits) may have changed since they were last observed. */
	void (*changed)(unsigned parts, void *userdata);
	void (*flow)(enum flow_event event, const struct flow *flow, void *userdata);
	void *userdata;
};

/* What has been said to the kernel so far, in netlink messages that ask for a change. */
struct kernel_stats {
	uint64_t changes; /* messages */
	uint64_t dumps;   /* dump requests */
};

struct kernel {
	const struct kernel_ops *ops;
};

struct kernel_ops {
	void (*close)(struct kernel *kernel);
	/* Starts telling `callbacks` from the event loop. Notifications are subscribed to at open,
	 * so that none is missed. */
	int (*attach)(struct kernel *kernel, sd_event *event,
		      const struct kernel_callbacks *callbacks);
	/*
	 * Re-reads `parts`, replacing just these parts of facts and found; both belong to the
	 * caller. found->arena serves the nft part alone and starts afresh with it. The parts of
	 * `found` that were read are sorted as objects_seal() sorts. An interrupted dump is
	 * repeated. After a failure the nft part is what it was, and facts.cgroups what was found.
	 */
	int (*observe)(struct kernel *kernel, unsigned parts, struct facts *facts,
		       struct objects *found);
	/*
	 * Sets found->sysctls to the present values of the paths in `wanted`, whose strings it
	 * borrows; paths that do not exist are left out.
	 */
	int (*observe_sysctls)(struct kernel *kernel, const struct objects *wanted,
			       struct objects *found);
	/* Which cgroups (unit names with a dot-suffix, or paths) to look for; copied. */
	int (*watch_cgroups)(struct kernel *kernel, const char *const *names, size_t n);
	/*
	 * Takes the steps in order: the routing steps one by one, each with its own result in
	 * step.error, the nft steps as one transaction with one result. 0 or the first error.
	 */
	int (*apply)(struct kernel *kernel, struct plan *plan);
	/* Elements of the packet path in a dynamic set: see nft_members(), nft_members_change(). */
	int (*members)(struct kernel *kernel, enum nft_table_id table, const char *set,
		       nft_member_reader each, void *userdata);
	int (*members_change)(struct kernel *kernel, enum nft_table_id table, const char *set,
			      const struct nft_member *adds, size_t adds_n,
			      const struct nft_member *deletes, size_t deletes_n);
	/*
	 * What a link carried, and what the rules of a chain (NULL: none) of NFT_INET have counted,
	 * both now; a chain that does not exist has counted nothing. Of the last links that went,
	 * what they had carried in the end. -ENODEV: no such link.
	 */
	int (*line_counters)(struct kernel *kernel, int link, const char *chain,
			     struct line_counters *ret);
	/* Gratuitous ARP or unsolicited neighbour advertisement for an address on a link. */
	int (*announce)(struct kernel *kernel, int link, const struct ip_address *address);
	/* A neighbour that the kernel asks for in vain is asked for at once, not in up to a second.
	 */
	int (*ask_neighbour)(struct kernel *kernel, int link, const struct ip_address *address);
	/* A router advertisement to the hosts on a link. */
	int (*advertise)(struct kernel *kernel, const struct advertisement *advertisement);
	/* Calls `each` for every tracked connection. */
	int (*flows_dump)(struct kernel *kernel,
			  void (*each)(const struct flow *flow, void *userdata), void *userdata);
	/* For those of one family with that mark. */
	int (*flows_dump_mark)(struct kernel *kernel, uint8_t family, uint32_t mark, uint32_t mask,
			       void (*each)(const struct flow *flow, void *userdata),
			       void *userdata);
	/* Deletes the tracked connections of one family with that mark for which `match` says so;
	 * NULL: all. It may be asked about an entry more than once. */
	int (*flows_delete_mark)(struct kernel *kernel, uint8_t family, uint32_t mark,
				 uint32_t mask,
				 bool (*match)(const struct flow *flow, void *userdata),
				 void *userdata);
	/* All of UDP among them. That takes no dump, and is quick however many there are.
	 * -EOPNOTSUPP: kernels before 6.10 cannot. */
	int (*flows_delete_datagrams)(struct kernel *kernel, uint8_t family, uint32_t mark,
				      uint32_t mask);
	/* What `match` says among all connections. */
	int (*flows_delete)(struct kernel *kernel,
			    bool (*match)(const struct flow *flow, void *userdata), void *userdata);
	/*
	 * Makes the client of a TCP flow whose entry was deleted send a segment at once, as if from
	 * itself, for the rules to answer; nothing for other protocols. `mark` is that of the line
	 * to reach it by, or 0. Opens no entry: what is sent is invalid to connection tracking.
	 * Clients answer only twice a second what they do not expect (Linux,
	 * net.ipv4.tcp_invalid_ratelimit), so that it is good to ask a second time, later; to a
	 * client that was reset, or is connected again, that does no harm. -EAGAIN: too much is on
	 * its way; in a moment.
	 */
	int (*provoke)(struct kernel *kernel, const struct flow *flow, uint32_t mark);
	/* Ends the box's own TCP socket that has the flow's client for its own end and the
	 * destination for the other, if there is one, be it bound to that link, which may be gone,
	 * or to none. -EOPNOTSUPP: not with this kernel. */
	int (*end_socket)(struct kernel *kernel, const struct flow *flow, int link);
	/* Gives entries with no bit of `mask` set and an owner's address (SNATed to or opened to
	 * it) the owner's mark. */
	int (*flows_adopt)(struct kernel *kernel, const struct flow_owner *owners, size_t n,
			   uint32_t mask);
	/* What to report of flows to the callback. */
	int (*flows_watch)(struct kernel *kernel, enum flow_watch watch);
	/* Reports all that waits to be, unless more comes all the time: what follows is of later.
	 */
	int (*flows_hear)(struct kernel *kernel);
	/* Whether this kernel can: 1 or 0, asked once; or an error, and asked again. Asking may
	 * make it load modules. */
	int (*can)(struct kernel *kernel, enum kernel_ability ability);
	/* Whether it has a connection tracking helper, likewise, but asked every time. */
	int (*can_help)(struct kernel *kernel, const char *type, uint8_t protocol);
	struct kernel_stats (*stats)(struct kernel *kernel);
};

int kernel_open(struct kernel **ret);

static inline void kernel_close(struct kernel *kernel)
{
	if (kernel)
		kernel->ops->close(kernel);
}
DEFINE_CLEANUP(struct kernel *, kernel_close)
