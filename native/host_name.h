#pragma once

#include <stdbool.h>

/** The host's name as locks record it: qualified by the PID namespace where that is not the host's first one. */
const char *host_name(void);

/** Whether the host that an owner record names is this one; may look its full name up. See src/locks/host-name.ts. */
bool is_this_host(const char *recorded);
