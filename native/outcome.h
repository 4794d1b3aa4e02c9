#pragma once

#include "options.h"

/**
 * Appends a line for a rule that was carried out to the file that CT_RULE_OUTCOMES_LOG names, as compiletools does, in one write.
 * That it cannot be written is worth nothing.
 *
 * @param taken the product if another one had made it, or null: to ct-cake that is a hit of a cache, which spared its bytes
 */
void log_outcome(const char *target, enum verb verb, const char *taken);
