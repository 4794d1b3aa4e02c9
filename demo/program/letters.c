#include "change.h"

const char *letters_change(void) { return CHANGE; }
