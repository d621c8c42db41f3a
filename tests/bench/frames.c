/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts frames into the network stack as if an interface had received them, and says what each
 * took: BPF_PROG_TEST_RUN with live frames (kernel 5.18). The kernel hands every frame of a
 * batch to the program below and then to the stack, all on this one CPU, so that the time of the
 * system call is the time the stack takes, with whatever the receiver at the other end does.
 *
 * The kernel reuses the frames' memory without clearing it, and forwarding has changed MACs, TTL,
 * checksums and addresses by then. So the program copies a whole frame, the next of FLOWS ready
 * made ones, over what is there. That the copies come from a table, with checksums done here,
 * keeps the program so small that it is written by hand and nothing else is needed.
 */
#include "base/array.h"
#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum {
	FLOWS = 1024, /* a power of two */
	FRAME_SIZE = 64,
	BATCH = 64,
	CLIENTS = 250, /* addresses that the flows come from */
	FIRST_PORT = 10000,
	DATA_SIZE = 10,
	SERVERS_MAX = 8
};

struct packet {
	struct ether_header ethernet;
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t data[DATA_SIZE];
} __attribute__((packed));

_Static_assert(sizeof(struct packet) == FRAME_SIZE, "a frame is copied as a whole");

/* Shared with the program: the only element of an array map, which lies in our memory. */
struct table {
	uint64_t sent;
	uint64_t padding[7];
	struct packet frames[FLOWS];
};

struct endpoint {
	struct in_addr address;
	uint16_t port;
};

struct job {
	const char *interface;
	bool to_servers;
	const char *kind; /* "syn", "synack" or "data" */
	uint32_t count;
	struct endpoint servers[SERVERS_MAX];
	uint32_t n_servers;
};

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

/* --- the program ------------------------------------------------------------------------------ */

#define INSTRUCTION(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define LOAD(size, d, s, o)  INSTRUCTION(BPF_LDX | (size) | BPF_MEM, d, s, o, 0)
#define STORE(size, d, o, s) INSTRUCTION(BPF_STX | (size) | BPF_MEM, d, s, o, 0)
#define MOVE(d, s)           INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define SET(d, i)            INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define CALCULATE(op, d, i)  INSTRUCTION(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ADD(d, s)            INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_X, d, s, 0, 0)
#define EXIT                 INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* struct packet copy = table.frames[table.sent++ % FLOWS]; verdict: pass. */
static uint32_t program_write(struct bpf_insn *p, int map)
{
	enum {
		R0,
		CONTEXT,
		FRAME,
		END,
		TABLE,
		SOURCE,
		VALUE
	};
	uint32_t n = 0;

	p[n++] = LOAD(BPF_W, FRAME, CONTEXT, offsetof(struct xdp_md, data));
	p[n++] = LOAD(BPF_W, END, CONTEXT, offsetof(struct xdp_md, data_end));
	p[n++] = SET(R0, XDP_ABORTED);
	p[n++] = MOVE(VALUE, FRAME);
	p[n++] = CALCULATE(BPF_ADD, VALUE, FRAME_SIZE);
	p[n++] = INSTRUCTION(BPF_JMP | BPF_JLE | BPF_X, VALUE, END, 1, 0);
	p[n++] = EXIT;

	p[n++] = INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, TABLE, BPF_PSEUDO_MAP_VALUE, 0, map);
	p[n++] = INSTRUCTION(0, 0, 0, 0, 0);
	p[n++] = LOAD(BPF_DW, SOURCE, TABLE, offsetof(struct table, sent));
	p[n++] = MOVE(VALUE, SOURCE);
	p[n++] = CALCULATE(BPF_ADD, VALUE, 1);
	p[n++] = STORE(BPF_DW, TABLE, offsetof(struct table, sent), VALUE);

	p[n++] = CALCULATE(BPF_AND, SOURCE, FLOWS - 1);
	p[n++] = CALCULATE(BPF_MUL, SOURCE, FRAME_SIZE);
	p[n++] = ADD(SOURCE, TABLE);
	for (int16_t i = 0; i < FRAME_SIZE; i += 8) {
		p[n++] = LOAD(BPF_DW, VALUE, SOURCE, (int16_t)offsetof(struct table, frames) + i);
		p[n++] = STORE(BPF_DW, FRAME, i, VALUE);
	}
	p[n++] = SET(R0, XDP_PASS);
	p[n++] = EXIT;
	return n;
}

static int program_load(int map)
{
	struct bpf_insn instructions[64];
	uint32_t n = program_write(instructions, map);
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)instructions,
		.insn_cnt = n,
		.license = (uintptr_t) "GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

static int map_create(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(struct table),
		.max_entries = 1,
		.map_flags = BPF_F_MMAPABLE,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

/* --- the frames ------------------------------------------------------------------------------- */

static uint32_t sum(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint32_t total = 0;

	for (size_t i = 0; i < size; i++)
		total += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return total;
}

static uint16_t checksum(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons((uint16_t)~total);
}

/* Each side sends one SYN, then the same data for ever, as a retransmission would; it is zero. */
static struct tcphdr tcp_header(const struct job *job, uint16_t source, uint16_t destination)
{
	bool syn = strcmp(job->kind, "syn") == 0, synack = strcmp(job->kind, "synack") == 0;

	return (struct tcphdr){
		.th_sport = source,
		.th_dport = destination,
		.th_off = sizeof(struct tcphdr) / 4,
		.th_win = htons(UINT16_MAX),
		.th_flags = syn      ? TH_SYN
			    : synack ? TH_SYN | TH_ACK
				     : TH_ACK,
		.th_seq = htonl(syn || synack ? 0 : 1),
		.th_ack = htonl(syn ? 0 : 1),
	};
}

static void fill_packet(struct packet *packet, const struct job *job, uint32_t flow,
			const uint8_t mac[ETH_ALEN])
{
	const struct endpoint *server = &job->servers[flow % job->n_servers];
	in_addr_t client = htonl(ntohl(inet_addr("198.51.100.1")) + flow % CLIENTS);
	uint16_t port = htons((uint16_t)(FIRST_PORT + flow));
	uint16_t length = sizeof(packet->tcp) + (strcmp(job->kind, "data") == 0 ? DATA_SIZE : 0);

	*packet = (struct packet){
		.ethernet = { .ether_shost = { 2, 0, 0, 0, 0, 1 },
			      .ether_type = htons(ETHERTYPE_IP) },
		.ip = { .version = 4,
			.ihl = sizeof(packet->ip) / 4,
			.tot_len = htons((uint16_t)(sizeof(packet->ip) + length)),
			.frag_off = htons(IP_DF),
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.saddr = job->to_servers ? client : server->address.s_addr,
			.daddr = job->to_servers ? server->address.s_addr : client },
		.tcp = job->to_servers ? tcp_header(job, port, server->port)
				       : tcp_header(job, server->port, port),
	};
	memcpy(packet->ethernet.ether_dhost, mac, ETH_ALEN);
	packet->ip.check = checksum(sum(&packet->ip, sizeof(packet->ip)));
	packet->tcp.th_sum = checksum(sum(&packet->ip.saddr, 8) + IPPROTO_TCP + length +
				      sum(&packet->tcp, sizeof(packet->tcp)));
}

static int fill_table(struct table *table, const struct job *job)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", job->interface);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	for (uint32_t flow = 0; flow < FLOWS; flow++)
		fill_packet(&table->frames[flow], job, flow,
			    (const uint8_t *)request.ifr_hwaddr.sa_data);
	return 0;
}

/* --- running ---------------------------------------------------------------------------------- */

/* *ret_ns: a frame's share of the time between set-up and clean-up, as the kernel took it. */
static int send_frames(int program, const struct job *job, uint32_t *ret_ns)
{
	struct packet packet = { 0 };
	struct xdp_md context = {
		.data_end = sizeof(packet),
		.ingress_ifindex = if_nametoindex(job->interface),
	};
	union bpf_attr attr = {
		.test = { .prog_fd = (uint32_t)program,
			  .data_in = (uintptr_t)&packet,
			  .data_size_in = sizeof(packet),
			  .ctx_in = (uintptr_t)&context,
			  .ctx_size_in = sizeof(context),
			  .repeat = job->count,
			  .batch_size = BATCH,
			  .flags = BPF_F_TEST_XDP_LIVE_FRAMES },
	};
	int r = bpf(BPF_PROG_TEST_RUN, &attr);

	*ret_ns = attr.test.duration;
	return r;
}

static int run(const struct job *job)
{
	_cleanup_close_ int map = map_create();
	_cleanup_close_ int program = map < 0 ? map : program_load(map);
	struct table *table;
	uint32_t ns;
	int r;

	if (program < 0)
		return program;
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (table == MAP_FAILED)
		return -errno;
	r = fill_table(table, job);
	if (r == 0)
		r = send_frames(program, job, &ns);
	if (r == 0)
		printf("%" PRIu64 " %" PRIu32 "\n", table->sent, ns);
	munmap(table, sizeof(*table));
	return r;
}

/* ADDRESS:PORT */
static bool endpoint_parse(char *text, struct endpoint *ret)
{
	char *colon = strchr(text, ':');

	if (!colon)
		return false;
	*colon = '\0';
	ret->port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	return inet_aton(text, &ret->address) != 0;
}

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static bool job_parse(int argc, char **argv, struct job *ret)
{
	static const char *const ways[] = { "to", "from" };
	static const char *const kinds[] = { "syn", "synack", "data" };

	if (argc < 6 || argc > 5 + SERVERS_MAX || !is_one_of(argv[2], ways, ELEMENTS_OF(ways)) ||
	    !is_one_of(argv[3], kinds, ELEMENTS_OF(kinds)))
		return false;
	*ret = (struct job){
		.interface = argv[1],
		.to_servers = strcmp(argv[2], "to") == 0,
		.kind = argv[3],
		.count = (uint32_t)strtoul(argv[4], NULL, 10),
	};
	for (int i = 5; i < argc; i++)
		if (!endpoint_parse(argv[i], &ret->servers[ret->n_servers++]))
			return false;
	/* The kernel sends whole batches. */
	return ret->count == 1 || (ret->count && ret->count % BATCH == 0);
}

int main(int argc, char **argv)
{
	struct job job;
	int r;

	if (!job_parse(argc, argv, &job)) {
		fprintf(stderr,
			"Usage: frames INTERFACE to|from syn|synack|data COUNT SERVER:PORT...\n"
			"Sends COUNT (1, or a multiple of %d) frames of %d flows in turn into "
			"INTERFACE,\nto the servers or from them, and prints how many and how many "
			"ns each took.\n",
			BATCH, FLOWS);
		return 2;
	}
	r = run(&job);
	if (r < 0)
		fprintf(stderr, "frames: %s: %s\n", job.interface, strerror(-r));
	return r < 0;
}
