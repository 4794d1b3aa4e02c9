#pragma once

#include <stdbool.h>

/**
 * A text in one line that shows all of it and steers no terminal, byte for byte as src/text/shown.ts makes it; a byte that is
 * no UTF-8, which Node never gets to see, becomes `\xe9`. Its own memory.
 */
char *shown(const char *text);

/** A text as one word of a command that a person copies into a POSIX shell, as src/text/shell-word.ts makes it. Its own memory. */
char *shell_word(const char *text);
