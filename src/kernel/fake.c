/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel in memory for tests of what stands above the boundary. Like the real one it appends an
 * added rule to its chain whatever index the plan had in mind, so that a plan in the wrong order is
 * seen; unlike the real one it refuses nothing. It forwards nothing either: there are no
 * connections to be listed, watched or ended.
 */
#include "kernel/fake.h"

#include "kernel/fake_objects.h"

#include <errno.h>
#include <string.h>

/* A rule that is added comes last in its chain; one that is changed stays where it was. */
static int append_rule(struct fake_kernel *fake, struct step *step)
{
	struct nft_rule rule = *(const struct nft_rule *)step->wanted;
	const struct nft_rule *found = step->found;

	rule.handle = step->handle = fake->changes;
	rule.index = found ? found->index : 0;
	array_foreach(&fake->objects.nft_rules, other)
		if (!found && other->index >= rule.index)
			rule.index = other->index + 1;
	return fake_objects_add(&fake->objects, OBJECT_NFT_RULE, &rule);
}

static void forget_members(struct fake_kernel *fake, enum nft_table_id table)
{
	size_t kept = 0;

	array_foreach(&fake->members, member)
		if (member->table != table)
			fake->members.v[kept++] = *member;
	fake->members.n = kept;
}

static int apply_step(struct fake_kernel *fake, struct step *step)
{
	fake->changes++;
	if (step->kind == OBJECT_NFT_TABLE) {
		fake_objects_clear(&fake->objects, step->table);
		forget_members(fake, step->table);
		fake->objects.nft_tables[step->table] = step->action != STEP_DELETE;
		return 0;
	}
	if (step->found)
		fake_objects_remove(&fake->objects, step->kind, step->found);
	if (!step->wanted)
		return 0;
	if (step->kind == OBJECT_NFT_RULE)
		return append_rule(fake, step);
	return fake_objects_add(&fake->objects, step->kind, step->wanted);
}

static struct fake_kernel *fake_of(struct kernel *kernel)
{
	return (struct fake_kernel *)kernel;
}

static int fake_apply(struct kernel *kernel, struct plan *plan)
{
	struct fake_kernel *fake = fake_of(kernel);
	int r = 0;

	array_foreach(&plan->steps, step) {
		step->error = apply_step(fake, step);
		r = r < 0 ? r : step->error;
	}
	return r < 0 ? r : objects_seal(&fake->objects);
}

#define copy_facts(from, to)                                              \
	({                                                                \
		int _copied = 0;                                          \
		(to)->n = 0;                                              \
		for (size_t _i = 0; _copied == 0 && _i < (from)->n; _i++) \
			_copied = array_push(to, (from)->v[_i]);          \
		_copied;                                                  \
	})

static int fake_observe(struct kernel *kernel, unsigned parts, struct facts *facts,
			struct objects *found)
{
	struct fake_kernel *fake = fake_of(kernel);
	int r = 0;

	if (parts & KERNEL_LINKS)
		r = copy_facts(&fake->facts.links, &facts->links);
	if (r == 0 && parts & KERNEL_ADDRESSES)
		r = copy_facts(&fake->facts.addresses, &facts->addresses);
	if (r == 0 && parts & KERNEL_ROUTES)
		r = copy_facts(&fake->facts.routes, &facts->routes);
	if (r == 0 && parts & KERNEL_CGROUPS)
		r = copy_facts(&fake->facts.cgroups, &facts->cgroups);
	if (r == 0 && parts & KERNEL_LINKS)
		r = fake_objects_copy(&fake->objects, found, OBJECT_TUNNEL);
	if (r == 0 && parts & KERNEL_ADDRESSES)
		r = fake_objects_copy(&fake->objects, found, OBJECT_ALIAS);
	if (r == 0 && parts & KERNEL_ROUTES)
		r = fake_objects_copy(&fake->objects, found, OBJECT_ROUTE);
	if (r == 0 && parts & KERNEL_RULES)
		r = fake_objects_copy(&fake->objects, found, OBJECT_RULE);
	if (r == 0 && parts & KERNEL_NFT)
		r = fake_objects_copy_nft(&fake->objects, found);
	return r;
}

static int fake_observe_sysctls(struct kernel *kernel, const struct objects *wanted,
				struct objects *found)
{
	const struct objects *objects = &fake_of(kernel)->objects;
	int r = 0;

	found->sysctls.n = 0;
	array_foreach(&wanted->sysctls, path)
		array_foreach(&objects->sysctls, sysctl)
			if (r == 0 && sysctl_compare(path, sysctl) == 0) {
				struct sysctl_object present = *sysctl;

				present.path = path->path;
				r = array_push(&found->sysctls, present);
			}
	return r;
}

static void fake_close(struct kernel *kernel)
{
	struct fake_kernel *fake = fake_of(kernel);

	facts_done(&fake->facts);
	objects_done(&fake->objects);
	array_done(&fake->members);
	array_done(&fake->counters);
	free(fake);
}

static int fake_attach(struct kernel *kernel, sd_event *event,
		       const struct kernel_callbacks *callbacks)
{
	return 0;
}

static int fake_watch_cgroups(struct kernel *kernel, const char *const *names, size_t n)
{
	return 0;
}

static bool has_set(const struct objects *objects, enum nft_table_id table, const char *set)
{
	array_foreach(&objects->nft_sets, other)
		if (other->table == table && strcmp(other->name, set) == 0)
			return true;
	return false;
}

static bool is_of(const struct fake_member *member, enum nft_table_id table, const char *set)
{
	return member->table == table && strcmp(member->set, set) == 0;
}

static int fake_members(struct kernel *kernel, enum nft_table_id table, const char *set,
			nft_member_reader each, void *userdata)
{
	struct fake_kernel *fake = fake_of(kernel);

	if (!has_set(&fake->objects, table, set))
		return -ENOENT;
	array_foreach(&fake->members, member)
		if (is_of(member, table, set))
			each(member->key, member->key_size, member->data_size ? member->data : NULL,
			     member->data_size, member->timeout_ms, userdata);
	return 0;
}

static void forget_member(struct fake_kernel *fake, enum nft_table_id table, const char *set,
			  const struct nft_member *gone)
{
	size_t kept = 0;

	array_foreach(&fake->members, member)
		if (!is_of(member, table, set) || member->key_size != gone->key_size ||
		    memcmp(member->key, gone->key, gone->key_size) != 0)
			fake->members.v[kept++] = *member;
	fake->members.n = kept;
}

static int keep_member(struct fake_kernel *fake, enum nft_table_id table, const char *set,
		       const struct nft_member *member)
{
	struct fake_member copy = { .table = table,
				    .key_size = member->key_size,
				    .data_size = member->data_size,
				    .timeout_ms = member->timeout_ms };

	if (strlen(set) >= sizeof(copy.set) || member->key_size > sizeof(copy.key) ||
	    member->data_size > sizeof(copy.data))
		return -EINVAL;
	strcpy(copy.set, set);
	memcpy(copy.key, member->key, member->key_size);
	if (member->data_size)
		memcpy(copy.data, member->data, member->data_size);
	return array_push(&fake->members, copy);
}

static int fake_members_change(struct kernel *kernel, enum nft_table_id table, const char *set,
			       const struct nft_member *adds, size_t adds_n,
			       const struct nft_member *deletes, size_t deletes_n)
{
	struct fake_kernel *fake = fake_of(kernel);
	int r = 0;

	if (!has_set(&fake->objects, table, set))
		return -ENOENT;
	fake->changes += adds_n + deletes_n;
	for (size_t i = 0; i < deletes_n; i++)
		forget_member(fake, table, set, &deletes[i]);
	for (size_t i = 0; r == 0 && i < adds_n; i++)
		r = keep_member(fake, table, set, &adds[i]);
	return r;
}

static int fake_line_counters(struct kernel *kernel, int link, const char *chain,
			      struct line_counters *ret)
{
	array_foreach(&fake_of(kernel)->counters, of)
		if (of->link == link) {
			*ret = of->counters;
			return 0;
		}
	return -ENODEV;
}

static int fake_advertise(struct kernel *kernel, const struct advertisement *advertisement)
{
	return 0;
}

static int fake_ask_neighbour(struct kernel *kernel, int link, const struct ip_address *address)
{
	return 0;
}

static int fake_announce(struct kernel *kernel, int link, const struct ip_address *address)
{
	return 0;
}

static int fake_flows_dump(struct kernel *kernel, void (*each)(const struct flow *, void *),
			   void *userdata)
{
	return 0;
}

static int fake_flows_dump_mark(struct kernel *kernel, uint8_t family, uint32_t mark, uint32_t mask,
				void (*each)(const struct flow *, void *), void *userdata)
{
	return 0;
}

static int fake_flows_delete_mark(struct kernel *kernel, uint8_t family, uint32_t mark,
				  uint32_t mask, bool (*match)(const struct flow *, void *),
				  void *userdata)
{
	fake_of(kernel)->changes++;
	return 0;
}

static int fake_flows_delete_datagrams(struct kernel *kernel, uint8_t family, uint32_t mark,
				       uint32_t mask)
{
	fake_of(kernel)->changes++;
	return 0;
}

static int fake_flows_delete(struct kernel *kernel, bool (*match)(const struct flow *, void *),
			     void *userdata)
{
	return 0;
}

static int fake_provoke(struct kernel *kernel, const struct flow *flow, uint32_t mark)
{
	return 0;
}

static int fake_end_socket(struct kernel *kernel, const struct flow *flow, int link)
{
	return 0;
}

static int fake_flows_adopt(struct kernel *kernel, const struct flow_owner *owners, size_t n,
			    uint32_t mask)
{
	return 0;
}

static int fake_flows_watch(struct kernel *kernel, enum flow_watch watch)
{
	return 0;
}

static int fake_flows_hear(struct kernel *kernel)
{
	return 0;
}

static int fake_can_help(struct kernel *kernel, const char *type, uint8_t protocol)
{
	return 1;
}

static int fake_can(struct kernel *kernel, enum kernel_ability ability)
{
	return !fake_of(kernel)->lacks[ability];
}

static struct kernel_stats fake_stats(struct kernel *kernel)
{
	return (struct kernel_stats){ .changes = fake_of(kernel)->changes };
}

static const struct kernel_ops fake_ops = {
	.close = fake_close,
	.attach = fake_attach,
	.observe = fake_observe,
	.observe_sysctls = fake_observe_sysctls,
	.watch_cgroups = fake_watch_cgroups,
	.apply = fake_apply,
	.members = fake_members,
	.members_change = fake_members_change,
	.line_counters = fake_line_counters,
	.announce = fake_announce,
	.ask_neighbour = fake_ask_neighbour,
	.advertise = fake_advertise,
	.flows_dump = fake_flows_dump,
	.flows_dump_mark = fake_flows_dump_mark,
	.flows_delete_mark = fake_flows_delete_mark,
	.flows_delete_datagrams = fake_flows_delete_datagrams,
	.flows_delete = fake_flows_delete,
	.provoke = fake_provoke,
	.end_socket = fake_end_socket,
	.flows_adopt = fake_flows_adopt,
	.flows_watch = fake_flows_watch,
	.flows_hear = fake_flows_hear,
	.can = fake_can,
	.can_help = fake_can_help,
	.stats = fake_stats,
};

int fake_open(struct fake_kernel **ret)
{
	struct fake_kernel *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return -ENOMEM;
	fake->kernel.ops = &fake_ops;
	*ret = fake;
	return 0;
}
