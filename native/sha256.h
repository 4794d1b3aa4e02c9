#pragma once

#include <stddef.h>

/** Of SHA-256 as 64 hexadecimal digits and a final null. */
enum { SHA256_TEXT = 65 };

/** The SHA-256 (FIPS 180-4) of some bytes, in lower case. */
void sha256_text(const void *bytes, size_t length, char text[SHA256_TEXT]);
