/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/reader.h"

/* Everything that takes more than one value to see. Problems are reported. */
void check_config(struct reader *reader);
/* The same of uplinks. */
void check_lines(struct reader *reader);
/* The same of services; those without a problem are completed by what was not said. */
void check_services(struct reader *reader);

/*
 * Element `i` of a list of the file; of "services" the dynamic ones follow. NULL when there is
 * none.
 */
const config_setting_t *list_element(const struct reader *reader, const char *list, size_t i);
/* The setting `key` of the group, or the group itself when it lacks the key. */
const config_setting_t *key_or_group(const config_setting_t *group, const char *key);
/* Element `i` of an array, or the setting itself where a single value stands for an array. */
const config_setting_t *array_element(const config_setting_t *setting, size_t i);
