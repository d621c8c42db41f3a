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
/* The frame around the groups of a list; without groups nothing is written. */
void print_group(FILE *out, const char *key, size_t i);
void print_groups_end(FILE *out, size_t n);

/* The list of services, of the file or the dynamic ones. */
void print_services(FILE *out, const struct config *config, bool dynamic);
