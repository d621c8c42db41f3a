/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of the file: of its own objects, of interfaces, users, units and control groups. A name
 * that is not well formed is reported and yet kept, so that references to it do not fail as well.
 */
#include "config/values.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <string.h>

enum {
	HOST_NAME_MAX_LENGTH = 253,
	HOST_LABEL_MAX = 63,
	CGROUP_NAME_MAX = 255 /* what struct cgroup of the facts has room for */
};

static bool consists_of(const char *text, const char *others)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(others, *text))
			return false;
	return true;
}

void read_name(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
{
	if (!isalnum((unsigned char)*text) || strlen(text) > CONFIG_NAME_MAX ||
	    !consists_of(text, "_.-"))
		problem(reader, setting,
			"\"%s\" is not a name; allowed are 1 to %u letters, digits, \"_\", \".\" "
			"and \"-\", the first a letter or digit",
			text, CONFIG_NAME_MAX);
	claim(reader, setting, 2, "name \"%s\"", text);
	*(const char **)ret = keep_text(reader, text);
}

void read_service_name(struct reader *reader, const config_setting_t *setting, const char *text,
		       void *ret)
{
	if (!reader->dynamic) {
		read_name(reader, setting, text, ret);
		return;
	}
	if (!*text || strlen(text) > CONFIG_DYNAMIC_NAME_MAX || !consists_of(text, "_./-"))
		problem(reader, setting,
			"\"%s\" is not a name; allowed are 1 to %u letters, digits, \"_\", \".\", "
			"\"/\" and \"-\"",
			text, CONFIG_DYNAMIC_NAME_MAX);
	claim(reader, setting, 2, "name \"%s\"", text);
	*(const char **)ret = keep_text(reader, text);
}

void read_uplink_name(struct reader *reader, const config_setting_t *setting, const char *text,
		      void *ret)
{
	struct ip_address address;

	read_name(reader, setting, text, ret);
	if (ip_parse(text, &address) == 0)
		problem(reader, setting,
			"\"%s\" would be taken for an address where a service listens; choose "
			"another name",
			text);
}

bool is_host_name(const char *text)
{
	size_t length = strlen(text);

	if (!length || length > HOST_NAME_MAX_LENGTH || !consists_of(text, "_.-"))
		return false;
	for (;;) {
		size_t label = strcspn(text, ".");

		if (!label || label > HOST_LABEL_MAX || text[0] == '-' || text[label - 1] == '-')
			return false;
		if (!text[label])
			return true;
		text += label + 1;
	}
}

void read_domain_name(struct reader *reader, const config_setting_t *setting, const char *text,
		      void *ret)
{
	char *name = arena_strdup(&reader->config->arena, text);

	if (!name) {
		reader->report.error = -ENOMEM;
		return;
	}
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!is_host_name(name))
		problem(reader, setting,
			"\"%s\" is not a DNS name; allowed are letters, digits, \"-\" and \"_\" in "
			"parts of 1 to %u with \".\" between them",
			text, HOST_LABEL_MAX);
	claim(reader, setting, 2, "name \"%s\"", name);
	*(const char **)ret = name;
}

static bool is_interface(const char *text)
{
	size_t length = strlen(text);

	for (const char *p = text; *p; p++)
		if (!isgraph((unsigned char)*p) || strchr("/:*\"'\\", *p))
			return false;
	return length && length < IFNAMSIZ && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

void read_interface(struct reader *reader, const config_setting_t *setting, const char *text,
		    void *ret)
{
	if (!is_interface(text))
		problem(reader, setting,
			"\"%s\" is not the name of an interface; allowed are 1 to %u characters "
			"without space, \"/\", \":\", \"*\", \"\\\" and quotes",
			text, IFNAMSIZ - 1);
	*(const char **)ret = keep_text(reader, text);
}

void read_line_interface(struct reader *reader, const config_setting_t *setting, const char *text,
			 void *ret)
{
	read_interface(reader, setting, text, ret);
	claim(reader, setting, 2, "interface \"%s\"", text);
	if (strcmp(text, "lo") == 0)
		problem(reader, setting, "\"lo\" leads nowhere; name the interface of a line");
}

static int find_uplink(struct reader *reader, const config_setting_t *setting, const char *text)
{
	int i = config_find_uplink(reader->config, text);

	if (i < 0)
		problem(reader, setting, "there is no uplink \"%s\"; there are: %s", text,
			list_uplinks(reader));
	return i;
}

void read_uplink_ref(struct reader *reader, const config_setting_t *setting, const char *text,
		     void *ret)
{
	int i = find_uplink(reader, setting, text);

	claim(reader, setting, 1, "\"%s\"", text);
	if (i >= 0)
		*(unsigned *)ret = (unsigned)i;
}

void read_weighed_uplink(struct reader *reader, const config_setting_t *setting, const char *text,
			 void *ret)
{
	int i = find_uplink(reader, setting, text);

	claim(reader, setting, 2, "\"%s\"", text);
	if (i >= 0)
		*(unsigned *)ret = (unsigned)i;
}

void read_via(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
{
	int i = find_uplink(reader, setting, text);

	if (i >= 0)
		*(int *)ret = i;
}

/* 0 to 4294967294: -1 is "no change" to the kernel. */
static bool parse_id(const char *text, uint32_t *ret)
{
	uint64_t value = 0;

	if (!*text || strlen(text) > 10 || strspn(text, "0123456789") != strlen(text))
		return false;
	for (; *text; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	if (value >= UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static void no_such(struct reader *reader, const config_setting_t *setting, const char *what,
		    const char *text)
{
	problem(reader, setting,
		"there is no %s \"%s\" on this machine; allowed is the name of one, or a number "
		"from 0 to %u",
		what, text, UINT32_MAX - 1);
}

void read_user(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
{
	const struct passwd *user;

	if (parse_id(text, ret))
		return;
	user = getpwnam(text);
	if (user)
		*(uid_t *)ret = user->pw_uid;
	else
		no_such(reader, setting, "user", text);
}

void read_user_group(struct reader *reader, const config_setting_t *setting, const char *text,
		     void *ret)
{
	const struct group *group;

	if (parse_id(text, ret))
		return;
	group = getgrnam(text);
	if (group)
		*(gid_t *)ret = group->gr_gid;
	else
		no_such(reader, setting, "group", text);
}

void read_unit(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
{
	static const char *const suffixes[] = { ".service", ".scope", ".slice",
						".socket",  ".mount", ".swap" };
	const char *dot = strrchr(text, '.');
	bool known = false;

	for (size_t i = 0; dot && dot > text && i < ELEMENTS_OF(suffixes); i++)
		known = known || strcmp(dot, suffixes[i]) == 0;
	if (!known || strlen(text) > CGROUP_NAME_MAX || !consists_of(text, ":_.-\\@"))
		problem(reader, setting,
			"\"%s\" is not a systemd unit that has processes; write it in full, as in "
			"\"ssh.service\" or \"user-1000.slice\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}

static bool is_relative_path(const char *text)
{
	for (;;) {
		size_t part = strcspn(text, "/");

		if (!part || (part == 1 && text[0] == '.') ||
		    (part == 2 && text[0] == '.' && text[1] == '.'))
			return false;
		if (!text[part])
			return true;
		text += part + 1;
	}
}

void read_cgroup(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	bool printable = true;

	for (const char *p = text; *p; p++)
		printable = printable && !iscntrl((unsigned char)*p);
	if (!printable || strlen(text) > CGROUP_NAME_MAX || !is_relative_path(text))
		problem(reader, setting,
			"\"%s\" is not the path of a control group; write it from the root of the "
			"hierarchy without a leading \"/\", as in \"system.slice/ssh.service\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}
