/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

struct nftnl_rule;

/*
 * Turns the text of a rule into nftables expressions (libnftnl), the same that nft(8) would make
 * of it. The language is the part of nft(8)'s that uplinkd's own rules use, words set apart by
 * blanks and the keywords always spelled out (MARK: meta mark, ct mark):
 *
 *   match     KEY [== | !=] VALUE | FIRST-LAST | PREFIX
 *             KEY & MASK [== | !=] VALUE
 *   lookup    KEY [& MASK] [!=] @SET            KEY { . KEY } [!=] @SET
 *             KEY [& MASK] vmap @MAP            KEY { . KEY } vmap @MAP
 *   pick      numgen inc mod N [offset M] vmap @MAP
 *   change    MARK set VALUE                    MARK set MARK [& MASK [| VALUE]]
 *   nat       dnat|snat ip|ip6 to TARGET        masquerade
 *   target    ADDRESS                           KEY { . KEY } map @MAP
 *             numgen inc mod N [offset M] map @MAP
 *   sets      update|delete @SET { KEY [& MASK] [timeout 10m] }
 *   verdict   accept  drop  return  jump CHAIN  goto CHAIN
 *   reject    reject with tcp reset             reject with icmpx REASON
 *   reason    no-route  port-unreachable  admin-prohibited
 *   count     counter
 *
 * KEYs: meta nfproto, meta l4proto, meta mark, meta skuid, meta skgid, iifname, oifname, oif,
 * ct state (new, established, related, invalid, untracked), ct direction, ct status (dnat, snat),
 * ct mark, ip saddr, ip daddr, ip dscp, ip6 saddr, ip6 daddr, ip6 dscp, th sport, th dport,
 * tcp flags, fib daddr oif, socket cgroupv2 level N (value: the cgroup's id, decimal).
 * A key of one family or protocol implies the match on it, as in nft(8). The data of a dnat's map
 * is an address and a port, that of an snat's map an address.
 *
 * 0; -EINVAL for a text outside the language (a bug of ours, found by tests); -ENOMEM.
 */
int nft_compile(const char *text, struct nftnl_rule *rule);
