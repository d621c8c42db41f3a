/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

struct nftnl_rule;

/*
 * Turns the text of a rule into nftables expressions (libnftnl). The language is the part of
 * nft(8)'s that uplinkd's own rules use, always written with the keywords spelled out:
 *
 *   match      KEY [== | !=] VALUE        KEY & MASK [== | !=] VALUE      KEY A-B
 *   lookup     KEY { . KEY } [!=] @SET    KEY { . KEY } vmap @MAP
 *   pick       numgen inc mod N offset M vmap @MAP
 *   change     meta mark set meta mark & MASK | VALUE     (also ct mark; "meta mark set ct mark &
 * MASK") nat        dnat ip|ip6 to numgen inc mod N offset M map @MAP      snat ip|ip6 to ADDRESS
 *              masquerade
 *   sets       update|delete @SET { KEY [& MASK] [timeout 10m] }
 *   verdict    accept drop return jump CHAIN goto CHAIN
 *   reject     reject with tcp reset | reject with icmpx no-route|port-unreachable|admin-prohibited
 *   count      counter
 *
 * KEYs: meta nfproto, meta l4proto, meta mark, meta skuid, meta skgid, iifname, oifname, iif, oif,
 * ct state (new, established, related, invalid, untracked), ct direction, ct status (dnat, snat),
 * ct mark, ip saddr, ip daddr, ip dscp, ip6 saddr, ip6 daddr, ip6 dscp, th sport, th dport,
 * tcp flags, fib daddr oif, socket cgroupv2 level N (value: the cgroup's id, decimal).
 * A key of one family or protocol implies the match on it, as in nft(8).
 *
 * 0; -EINVAL for a text outside the language (a bug of ours, found by tests); -ENOMEM.
 */
int nft_compile(const char *text, struct nftnl_rule *rule);
