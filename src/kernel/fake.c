/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel in memory for tests of what stands above the boundary. Objects of every kind are
 * handled alike, by a description of their array. Like the real one it appends an added rule to
 * its chain whatever index the plan had in mind, so that a plan in the wrong order is seen; unlike
 * the real one it refuses nothing.
 */
#include "kernel/fake.h"

#include <errno.h>
#include <string.h>

/* The array of one kind of object. */
struct table {
	void **v;
	size_t *n, *room, size;
	int (*compare)(const void *a, const void *b);
};

#define TABLE(array, compare)                                                                \
	((struct table){ (void **)&(array).v, &(array).n, &(array).room, sizeof(*(array).v), \
			 compare })

static struct table table_of(struct objects *objects, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_SYSCTL:
		return TABLE(objects->sysctls, sysctl_compare);
	case OBJECT_TUNNEL:
		return TABLE(objects->tunnels, tunnel_compare);
	case OBJECT_ALIAS:
		return TABLE(objects->aliases, alias_compare);
	case OBJECT_ROUTE:
		return TABLE(objects->routes, route_compare);
	case OBJECT_RULE:
		return TABLE(objects->rules, rule_compare);
	case OBJECT_NFT_CHAIN:
		return TABLE(objects->nft_chains, nft_chain_compare);
	case OBJECT_NFT_SET:
		return TABLE(objects->nft_sets, nft_set_compare);
	case OBJECT_NFT_HELPER:
		return TABLE(objects->nft_helpers, nft_helper_compare);
	case OBJECT_NFT_ELEMENT:
		return TABLE(objects->nft_elements, nft_element_compare);
	case OBJECT_NFT_RULE:
		return TABLE(objects->nft_rules, nft_rule_compare);
	case OBJECT_NFT_TABLE: /* a flag, not an array */
	case OBJECT_KIND_MAX:
		break;
	}
	abort();
}

static void *table_at(const struct table *table, size_t i)
{
	return (char *)*table->v + i * table->size;
}

/* Where the strings of copied objects go. */
struct keeper {
	struct arena *arena;
	int error;
};

static const void *keep(struct keeper *keeper, const void *data, size_t size)
{
	const void *copy = data ? arena_copy(keeper->arena, data, size) : NULL;

	if (data && !copy)
		keeper->error = -ENOMEM;
	return copy;
}

static const char *keep_text(struct keeper *keeper, const char *text)
{
	return keep(keeper, text, text ? strlen(text) + 1 : 0);
}

static void keep_element(struct keeper *keeper, struct nft_element *element)
{
	element->set = keep_text(keeper, element->set);
	element->key = keep(keeper, element->key, element->key_size);
	element->key_end = keep(keeper, element->key_end, element->key_size);
	element->data = keep(keeper, element->data, element->data_size);
	element->chain = keep_text(keeper, element->chain);
}

/* The real kernel keeps a rule's tag, not its text. */
static void keep_rule(struct keeper *keeper, struct nft_rule *rule)
{
	rule->chain = keep_text(keeper, rule->chain);
	rule->text = NULL;
}

static void keep_chain(struct keeper *keeper, struct nft_chain *chain)
{
	chain->name = keep_text(keeper, chain->name);
	chain->hook = keep_text(keeper, chain->hook);
}

static void keep_set(struct keeper *keeper, struct nft_set *set)
{
	set->name = keep_text(keeper, set->name);
	set->key = keep_text(keeper, set->key);
	set->data = keep_text(keeper, set->data);
}

static void keep_helper(struct keeper *keeper, struct nft_helper *helper)
{
	helper->name = keep_text(keeper, helper->name);
	helper->type = keep_text(keeper, helper->type);
}

static void keep_sysctl(struct keeper *keeper, struct sysctl_object *sysctl)
{
	sysctl->path = keep_text(keeper, sysctl->path);
}

static void keep_pointers(struct keeper *keeper, enum object_kind kind, void *object)
{
	if (kind == OBJECT_SYSCTL)
		keep_sysctl(keeper, object);
	else if (kind == OBJECT_NFT_CHAIN)
		keep_chain(keeper, object);
	else if (kind == OBJECT_NFT_SET)
		keep_set(keeper, object);
	else if (kind == OBJECT_NFT_HELPER)
		keep_helper(keeper, object);
	else if (kind == OBJECT_NFT_ELEMENT)
		keep_element(keeper, object);
	else if (kind == OBJECT_NFT_RULE)
		keep_rule(keeper, object);
}

/* Appends a copy. */
static int append(struct objects *objects, enum object_kind kind, const void *object)
{
	struct keeper keeper = { .arena = &objects->arena };
	struct table table = table_of(objects, kind);
	int r = array_reserve(table.v, *table.n, table.room, table.size);

	if (r < 0)
		return r;
	memcpy(table_at(&table, *table.n), object, table.size);
	keep_pointers(&keeper, kind, table_at(&table, *table.n));
	if (keeper.error == 0)
		++*table.n;
	return keeper.error;
}

static void remove_equal(struct objects *objects, enum object_kind kind, const void *object)
{
	struct table table = table_of(objects, kind);

	for (size_t i = 0; i < *table.n; i++)
		if (table.compare(table_at(&table, i), object) == 0) {
			--*table.n;
			memmove(table_at(&table, i), table_at(&table, i + 1),
				(*table.n - i) * table.size);
			return;
		}
}

/* Takes out what is in a table, or in any of them. */
#define clear_array(array, in)                                \
	do {                                                  \
		size_t _kept = 0;                             \
		array_foreach(array, _item)                   \
			if (_item->table != (in))             \
				(array)->v[_kept++] = *_item; \
		(array)->n = _kept;                           \
	} while (0)

static void clear_table(struct objects *objects, enum nft_table_id table)
{
	objects->nft_tables[table] = false;
	clear_array(&objects->nft_chains, table);
	clear_array(&objects->nft_sets, table);
	clear_array(&objects->nft_helpers, table);
	clear_array(&objects->nft_elements, table);
	clear_array(&objects->nft_rules, table);
}

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
	return append(&fake->objects, OBJECT_NFT_RULE, &rule);
}

static int apply_step(struct fake_kernel *fake, struct step *step)
{
	fake->changes++;
	if (step->kind == OBJECT_NFT_TABLE) {
		clear_table(&fake->objects, step->table);
		clear_array(&fake->members, step->table);
		fake->objects.nft_tables[step->table] = step->action != STEP_DELETE;
		return 0;
	}
	if (step->found)
		remove_equal(&fake->objects, step->kind, step->found);
	if (!step->wanted)
		return 0;
	if (step->kind == OBJECT_NFT_RULE)
		return append_rule(fake, step);
	return append(&fake->objects, step->kind, step->wanted);
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

static int copy_kind(struct objects *from, struct objects *to, enum object_kind kind)
{
	struct table source = table_of(from, kind), target = table_of(to, kind);
	int r = 0;

	*target.n = 0;
	for (size_t i = 0; r == 0 && i < *source.n; i++)
		r = append(to, kind, table_at(&source, i));
	return r;
}

static int copy_nft(struct objects *from, struct objects *to)
{
	int r;

	arena_done(&to->arena);
	memcpy(to->nft_tables, from->nft_tables, sizeof(to->nft_tables));
	r = copy_kind(from, to, OBJECT_NFT_CHAIN);
	r = r < 0 ? r : copy_kind(from, to, OBJECT_NFT_SET);
	r = r < 0 ? r : copy_kind(from, to, OBJECT_NFT_HELPER);
	r = r < 0 ? r : copy_kind(from, to, OBJECT_NFT_ELEMENT);
	return r < 0 ? r : copy_kind(from, to, OBJECT_NFT_RULE);
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
		r = copy_kind(&fake->objects, found, OBJECT_TUNNEL);
	if (r == 0 && parts & KERNEL_ADDRESSES)
		r = copy_kind(&fake->objects, found, OBJECT_ALIAS);
	if (r == 0 && parts & KERNEL_ROUTES)
		r = copy_kind(&fake->objects, found, OBJECT_ROUTE);
	if (r == 0 && parts & KERNEL_RULES)
		r = copy_kind(&fake->objects, found, OBJECT_RULE);
	if (r == 0 && parts & KERNEL_NFT)
		r = copy_nft(&fake->objects, found);
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

static int fake_end_socket(struct kernel *kernel, const struct flow *flow)
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
	(void)kernel;
	(void)type;
	(void)protocol;
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
