#include "change.h"

const char *numbers_change(void) { return CHANGE; }
