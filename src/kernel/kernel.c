/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real kernel behind struct kernel_ops: opens every door, hands each question to the one that
 * knows, and tells the owner which parts are out of date.
 *
 * When the nft transaction of a plan fails, the steps after it are not taken: they remove what the
 * old rules still need.
 */
#include "kernel/kernel.h"

#include "kernel/ability.h"
#include "kernel/advertise.h"
#include "kernel/announce.h"
#include "kernel/cgroup.h"
#include "kernel/conntrack.h"
#include "kernel/line_counters.h"
#include "kernel/nft/nft.h"
#include "kernel/own_socket.h"
#include "kernel/provoke.h"
#include "kernel/rtnl/rtnl.h"
#include "kernel/sysctl.h"

#include <errno.h>

enum event_kind {
	EVENT_RTNL,
	EVENT_NFT,
	EVENT_FLOW,
	EVENT_CGROUP,
	EVENT_KIND_MAX
};

struct real_kernel {
	struct kernel kernel;
	struct rtnl rtnl;
	struct nft *nft;
	struct conntrack conntrack;
	struct provoker provoker;
	struct netlink sockets; /* opened when first needed */
	struct cgroups cgroups;
	struct abilities abilities;
	uint64_t sysctl_changes;
	struct kernel_callbacks callbacks;
	sd_event_source *sources[EVENT_KIND_MAX];
};

static struct real_kernel *real(struct kernel *kernel)
{
	return (struct real_kernel *)kernel;
}

static void real_close(struct kernel *kernel)
{
	struct real_kernel *self = real(kernel);

	for (size_t i = 0; i < EVENT_KIND_MAX; i++)
		sd_event_source_disable_unref(self->sources[i]);
	rtnl_done(&self->rtnl);
	nft_free(self->nft);
	conntrack_done(&self->conntrack);
	provoker_done(&self->provoker);
	netlink_done(&self->sockets);
	cgroups_done(&self->cgroups);
	free(self);
}

static int tell(struct real_kernel *self, int r, unsigned parts)
{
	if (r == 0 && parts)
		self->callbacks.changed(parts, self->callbacks.userdata);
	return r;
}

static int on_rtnl(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct real_kernel *self = userdata;
	unsigned parts = 0;
	int r = rtnl_read_events(&self->rtnl, &parts);

	if (parts & KERNEL_LINKS && nft_devices_changed(self->nft))
		parts |= KERNEL_NFT;
	return tell(self, r, parts);
}

static int on_nft(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct real_kernel *self = userdata;
	bool changed = false;
	int r = nft_read_events(self->nft, &changed);

	return tell(self, r, changed ? KERNEL_NFT : 0);
}

static int on_flow(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct real_kernel *self = userdata;

	return conntrack_read_events(&self->conntrack, &self->callbacks);
}

static int on_cgroup(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct real_kernel *self = userdata;
	bool changed = false;
	int r = cgroups_read_events(&self->cgroups, &changed);

	return tell(self, r, changed ? KERNEL_CGROUPS : 0);
}

/* A daemon that has gone deaf must not live on. */
static int listen_to(struct real_kernel *self, sd_event *event, enum event_kind kind, int fd,
		     sd_event_io_handler_t handler)
{
	sd_event_source **source = &self->sources[kind];
	int r = sd_event_add_io(event, source, fd, EPOLLIN, handler, self);

	return r < 0 ? r : sd_event_source_set_exit_on_failure(*source, true);
}

static int real_attach(struct kernel *kernel, sd_event *event,
		       const struct kernel_callbacks *callbacks)
{
	struct real_kernel *self = real(kernel);
	int r;

	self->callbacks = *callbacks;
	r = listen_to(self, event, EVENT_RTNL, netlink_fd(&self->rtnl.events), on_rtnl);
	if (r >= 0)
		r = listen_to(self, event, EVENT_NFT, nft_event_fd(self->nft), on_nft);
	if (r >= 0)
		r = listen_to(self, event, EVENT_FLOW, netlink_fd(&self->conntrack.events),
			      on_flow);
	if (r >= 0 && self->cgroups.inotify >= 0)
		r = listen_to(self, event, EVENT_CGROUP, self->cgroups.inotify, on_cgroup);
	return r < 0 ? r : 0;
}

static int real_observe(struct kernel *kernel, unsigned parts, struct facts *facts,
			struct objects *found)
{
	struct real_kernel *self = real(kernel);
	int r = rtnl_observe(&self->rtnl, parts, facts, found);

	if (r == 0 && parts & KERNEL_NFT)
		r = nft_observe(self->nft, found);
	if (r == 0 && parts & KERNEL_CGROUPS)
		r = cgroups_observe(&self->cgroups, facts);
	return r;
}

static int real_observe_sysctls(struct kernel *kernel, const struct objects *wanted,
				struct objects *found)
{
	return sysctl_observe(wanted, found);
}

static int real_watch_cgroups(struct kernel *kernel, const char *const *names, size_t n)
{
	return cgroups_watch(&real(kernel)->cgroups, names, n);
}

/* Kinds of object that are changed in the same way, and so together. */
enum door {
	DOOR_SYSCTL,
	DOOR_RTNL,
	DOOR_NFT
};

static enum door step_door(const struct step *step)
{
	if (step->kind == OBJECT_SYSCTL)
		return DOOR_SYSCTL;
	return step->kind < OBJECT_NFT_TABLE ? DOOR_RTNL : DOOR_NFT;
}

static int apply_sysctls(struct real_kernel *self, struct step *steps, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		steps[i].error = sysctl_apply(steps[i].wanted);
		self->sysctl_changes++;
		r = r < 0 ? r : steps[i].error;
	}
	return r;
}

static int apply_run(struct real_kernel *self, struct step *steps, size_t n)
{
	switch (step_door(steps)) {
	case DOOR_SYSCTL:
		return apply_sysctls(self, steps, n);
	case DOOR_RTNL:
		return rtnl_apply(&self->rtnl, steps, n);
	case DOOR_NFT:
		return nft_apply(self->nft, steps, n);
	}
	return -EINVAL;
}

static int cancel(struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		steps[i].error = -ECANCELED;
	return -ECANCELED;
}

static int real_apply(struct kernel *kernel, struct plan *plan)
{
	struct step *step = plan->steps.v, *end = step + plan->steps.n, *next;
	bool refused = false;
	int r = 0;

	for (; step < end; step = next) {
		enum door door = step_door(step);
		int error;

		for (next = step + 1; next < end && step_door(next) == door; next++)
			continue;
		error = refused ? cancel(step, (size_t)(next - step))
				: apply_run(real(kernel), step, (size_t)(next - step));
		refused = refused || (door == DOOR_NFT && error < 0);
		r = r < 0 ? r : error;
	}
	return r;
}

static int real_members(struct kernel *kernel, enum nft_table_id table, const char *set,
			nft_member_reader each, void *userdata)
{
	return nft_members(real(kernel)->nft, table, set, each, userdata);
}

static int real_members_change(struct kernel *kernel, enum nft_table_id table, const char *set,
			       const struct nft_member *adds, size_t adds_n,
			       const struct nft_member *deletes, size_t deletes_n)
{
	return nft_members_change(real(kernel)->nft, table, set, adds, adds_n, deletes, deletes_n);
}

static int real_line_counters(struct kernel *kernel, int link, const char *chain,
			      struct line_counters *ret)
{
	struct rtnl *rtnl = &real(kernel)->rtnl;
	int r = line_counters_read(&rtnl->requests, real(kernel)->nft, link, chain, ret);

	return r == -ENODEV ? rtnl_gone(rtnl, link, ret) : r;
}

static int real_announce(struct kernel *kernel, int link, const struct ip_address *address)
{
	return announce(link, address);
}

static int real_ask_neighbour(struct kernel *kernel, int link, const struct ip_address *address)
{
	return rtnl_ask_neighbour(&real(kernel)->rtnl, link, address);
}

static int real_advertise(struct kernel *kernel, const struct advertisement *advertisement)
{
	return advertise(advertisement);
}

static int real_flows_dump(struct kernel *kernel, void (*each)(const struct flow *, void *),
			   void *userdata)
{
	return conntrack_dump(&real(kernel)->conntrack, each, userdata);
}

static int real_flows_dump_mark(struct kernel *kernel, uint8_t family, uint32_t mark, uint32_t mask,
				void (*each)(const struct flow *, void *), void *userdata)
{
	return conntrack_dump_mark(&real(kernel)->conntrack, family, mark, mask, each, userdata);
}

static int real_flows_delete_mark(struct kernel *kernel, uint8_t family, uint32_t mark,
				  uint32_t mask, bool (*match)(const struct flow *, void *),
				  void *userdata)
{
	return conntrack_delete_mark(&real(kernel)->conntrack, family, mark, mask, match, userdata);
}

static int real_flows_delete_datagrams(struct kernel *kernel, uint8_t family, uint32_t mark,
				       uint32_t mask)
{
	return conntrack_delete_datagrams(&real(kernel)->conntrack, family, mark, mask);
}

static int real_flows_delete(struct kernel *kernel, bool (*match)(const struct flow *, void *),
			     void *userdata)
{
	return conntrack_delete(&real(kernel)->conntrack, match, userdata);
}

static int real_provoke(struct kernel *kernel, const struct flow *flow, uint32_t mark)
{
	return provoke(&real(kernel)->provoker, flow, mark);
}

static int real_end_socket(struct kernel *kernel, const struct flow *flow, int link)
{
	return own_socket_end(&real(kernel)->sockets, flow, link);
}

static int real_flows_adopt(struct kernel *kernel, const struct flow_owner *owners, size_t n,
			    uint32_t mask)
{
	return conntrack_adopt(&real(kernel)->conntrack, owners, n, mask);
}

static int real_flows_watch(struct kernel *kernel, enum flow_watch watch)
{
	return conntrack_watch(&real(kernel)->conntrack, watch);
}

static int real_flows_hear(struct kernel *kernel)
{
	struct real_kernel *self = real(kernel);

	return conntrack_hear(&self->conntrack, &self->callbacks);
}

static int real_can_help(struct kernel *kernel, const char *type, uint8_t protocol)
{
	(void)kernel;
	return ability_helper(type, protocol);
}

static int real_can(struct kernel *kernel, enum kernel_ability ability)
{
	struct real_kernel *self = real(kernel);

	return abilities_ask(&self->abilities, &self->rtnl, ability);
}

static struct kernel_stats real_stats(struct kernel *kernel)
{
	const struct real_kernel *self = real(kernel);

	return (struct kernel_stats){
		.changes = self->rtnl.requests.changes + self->conntrack.changes.changes +
			   nft_changes(self->nft) + self->sysctl_changes,
		.dumps = self->rtnl.requests.dumps + self->conntrack.dumps.dumps +
			 nft_dumps(self->nft),
	};
}

static const struct kernel_ops real_ops = {
	.close = real_close,
	.attach = real_attach,
	.observe = real_observe,
	.observe_sysctls = real_observe_sysctls,
	.watch_cgroups = real_watch_cgroups,
	.apply = real_apply,
	.members = real_members,
	.members_change = real_members_change,
	.line_counters = real_line_counters,
	.announce = real_announce,
	.ask_neighbour = real_ask_neighbour,
	.advertise = real_advertise,
	.flows_dump = real_flows_dump,
	.flows_dump_mark = real_flows_dump_mark,
	.flows_delete_mark = real_flows_delete_mark,
	.flows_delete_datagrams = real_flows_delete_datagrams,
	.flows_delete = real_flows_delete,
	.provoke = real_provoke,
	.end_socket = real_end_socket,
	.flows_adopt = real_flows_adopt,
	.flows_watch = real_flows_watch,
	.flows_hear = real_flows_hear,
	.can = real_can,
	.can_help = real_can_help,
	.stats = real_stats,
};

int kernel_open(struct kernel **ret)
{
	_cleanup_(kernel_closep) struct kernel *kernel = NULL;
	struct real_kernel *self = calloc(1, sizeof(*self));
	int r;

	if (!self)
		return -ENOMEM;
	self->cgroups.inotify = -1;
	provoker_init(&self->provoker);
	kernel = &self->kernel;
	kernel->ops = &real_ops;
	r = rtnl_init(&self->rtnl);
	r = r < 0 ? r : nft_open(&self->nft);
	r = r < 0 ? r : conntrack_init(&self->conntrack);
	r = r < 0 ? r : cgroups_init(&self->cgroups);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(kernel);
	return 0;
}
