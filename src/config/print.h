/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

/* Pieces of the normalised file. Those of a line are indented for the group of a list. */

/* The text in quotes, with what libconfig takes for more than itself escaped. */
void print_quoted(FILE *out, const char *text);
/* "key = "text";" on a line. */
void print_text(FILE *out, const char *key, const char *text);
/* An array is opened, filled by print_item() and closed; without items nothing is written. */
void print_item(FILE *out, const char *key, size_t i, const char *text);
void print_end(FILE *out, size_t n);
void print_prefixes(FILE *out, const char *key, const struct prefixes *prefixes);
/* Those whose default is 0, "0s" or false and has no effect: nothing is written for it. */
void print_number(FILE *out, const char *key, uint32_t number);
void print_time(FILE *out, const char *key, uint64_t ms);
void print_true(FILE *out, const char *key, bool value);

/* Keys within a group on one line; nothing for NULL, and for the option 0. */
void inline_text(FILE *out, const char *key, const char *text);
void inline_number(FILE *out, const char *key, uint32_t number);
void inline_option(FILE *out, const char *key, uint32_t number);
void inline_time(FILE *out, const char *key, uint64_t ms);

/* The frame around the groups of a list; without groups nothing is written. */
void print_group(FILE *out, const char *key, size_t i);
void print_groups_end(FILE *out, size_t n);

/* The keys of an uplink. */
void print_uplink(FILE *out, const struct config_uplink *uplink);
/* The list of services, of the file or the dynamic ones. */
void print_services(FILE *out, const struct config *config, bool dynamic);
