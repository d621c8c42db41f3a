/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, loaded when the first check over HTTP is made. It brings three dozen libraries along,
 * which cost a gateway without such checks 6 MB of memory and every start 8 ms. Once loaded it
 * stays: it is not made to be unloaded.
 */
#include "probe/curl.h"

#include "base/array.h"
#include "base/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SYMBOL(name)                                               \
	{                                                          \
		"curl_" #name, offsetof(struct curl_library, name) \
	}

struct curl_library curl;

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL(global_init),      SYMBOL(easy_init),           SYMBOL(easy_cleanup),
	SYMBOL(easy_setopt),      SYMBOL(easy_getinfo),        SYMBOL(easy_strerror),
	SYMBOL(slist_append),     SYMBOL(slist_free_all),      SYMBOL(multi_init),
	SYMBOL(multi_cleanup),    SYMBOL(multi_setopt),        SYMBOL(multi_assign),
	SYMBOL(multi_add_handle), SYMBOL(multi_remove_handle), SYMBOL(multi_socket_action),
	SYMBOL(multi_info_read),
};

static int find_symbols(void *handle, struct curl_library *ret)
{
	for (size_t i = 0; i < ELEMENTS_OF(symbols); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol) {
			log_debug("%s", dlerror());
			return -ELIBACC;
		}
		memcpy((char *)ret + symbols[i].offset, &symbol, sizeof(symbol));
	}
	return 0;
}

int curl_load(void)
{
	struct curl_library library;
	void *handle;
	int r;

	if (curl.global_init)
		return 0;
	handle = dlopen("libcurl.so.4", RTLD_NOW);
	if (!handle) {
		log_debug("%s", dlerror());
		return -ELIBACC;
	}
	r = find_symbols(handle, &library);
	if (r == 0 && library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		r = -ELIBACC;
	if (r < 0)
		dlclose(handle);
	else
		curl = library;
	return r;
}
