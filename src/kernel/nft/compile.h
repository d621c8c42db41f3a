/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"

#include <stdint.h>

struct nftnl_rule;

/*
 * Turns the text of a rule into nftables expressions (libnftnl), the same that nft(8) would make
 * of it. The language is the part of nft(8)'s that uplinkd's own rules use, words set apart by
 * blanks and the keywords always spelled out (MARK: meta mark, ct mark):
 *
 *   match     KEY [== | !=] VALUE | FIRST-LAST | PREFIX
 *             KEY & MASK [== | !=] VALUE
 *   lookup    KEY [& MASK] [!=] @SET            KEYS [!=] @SET
 *             KEY [& MASK] vmap @MAP            KEYS vmap @MAP
 *   KEYS      KEY [& MASK] { . KEY [& MASK] }
 *   pick      PICK vmap @MAP
 *   PICK      numgen inc mod N [offset M]       jhash KEYS mod N seed S [offset M]
 *   SOURCE    KEYS map @MAP                     PICK map @MAP
 *   limit     LIMIT
 *   LIMIT     limit rate [over] N/UNIT [burst M packets]     ct count [over] N
 *   UNIT      second  minute  hour  day
 *   mark      MARK set VALUE                    MARK set MARK [& MASK [| VALUE]]
 *             MARK set PICK                     MARK set SOURCE
 *   nat       dnat|snat ip|ip6 to TARGET        masquerade
 *             snat ip|ip6 prefix to PREFIX
 *   TARGET    ADDRESS                           ADDRESS:PORT  [ADDRESS]:PORT
 *             SOURCE
 *   forward   fwd ip|ip6 to ADDRESS|SOURCE device "NAME"|INDEX|SOURCE
 *   sets      add|update|delete @SET { KEYS [timeout 10m] [LIMIT] }
 *             add|update|delete @MAP { KEYS [timeout 10m] [LIMIT] : KEYS | NUMBER | ADDRESS }
 *   header    KEY set VALUE                     KEY set KEY & MASK
 *             tcp option maxseg size set N | rt mtu
 *   tracking  notrack                           ct helper set "NAME"
 *             ct label set N
 *   verdict   accept  drop  return  jump CHAIN  goto CHAIN
 *   reject    reject with tcp reset             reject with icmp|icmpv6|icmpx REASON
 *   count     counter
 *
 * KEYs: meta nfproto (not in NFT_NETDEV), meta protocol, meta l4proto, meta length, meta mark,
 * meta skuid, meta skgid, iifname, oifname, iif, oif, ct state (new, established, related, invalid,
 * untracked), ct direction, ct status (dnat, snat), ct mark, ct label (value: a bit's number; true
 * when set), ct original|reply ip|ip6 saddr|daddr, ct original|reply proto-src|proto-dst, ip saddr,
 * daddr, dscp, length, id, frag-off, protocol, ip6 saddr, daddr, dscp, icmp|icmpv6 type|code, frag
 * more-fragments|frag-off, exthdr frag (exists, missing), tcp|udp|sctp|th sport|dport, tcp flags,
 * @nh|@th,OFFSET,LENGTH (bits that make whole bytes), fib daddr oif, socket cgroupv2 level N
 * (value: the cgroup's id, decimal). A key of one family or protocol implies the match on it, as in
 * nft(8). Headers that can be set: all of ip and ip6 that have two bytes or more, and ports by the
 * name of their protocol, whose checksum has to follow ("th" has none). A miss in a SOURCE ends the
 * rule.
 *
 * The data of a dnat's map is an address and a port; "dnat ip addr to SOURCE", which nft(8) writes
 * without the "addr", takes one of addresses alone. That of an snat's and of a forward's map is an
 * address, that of a device's map an index. A forward to "NAME" means who has the name now.
 *
 * 0; -EINVAL for a text outside the language (a bug of ours, found by tests); -ENODEV for a device
 * that is not there; -ENOMEM.
 */
int nft_compile(enum nft_table_id table, const char *text, struct nftnl_rule *rule);
