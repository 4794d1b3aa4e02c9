#include "sha256.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 64, ROUNDS = 64, WORDS = 8 };

/** The fractional parts of the cube roots of the first primes. */
static const uint32_t CONSTANTS[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

static void digest_block(uint32_t state[WORDS], const unsigned char *block) {
  uint32_t schedule[ROUNDS], v[WORDS];
  for (int at = 0; at < 16; at++) {
    const unsigned char *byte = block + 4 * at;
    schedule[at] = (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
  }
  for (int at = 16; at < ROUNDS; at++) {
    uint32_t early = schedule[at - 15], late = schedule[at - 2];
    uint32_t one = turned(early, 7) ^ turned(early, 18) ^ early >> 3;
    uint32_t two = turned(late, 17) ^ turned(late, 19) ^ late >> 10;
    schedule[at] = schedule[at - 16] + one + schedule[at - 7] + two;
  }
  memcpy(v, state, sizeof v);
  for (int at = 0; at < ROUNDS; at++) {
    uint32_t sum = turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25);
    uint32_t first = v[7] + sum + ((v[4] & v[5]) ^ (~v[4] & v[6])) + CONSTANTS[at] + schedule[at];
    uint32_t other = turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22);
    uint32_t second = other + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, (WORDS - 1) * sizeof *v);
    v[4] += first;
    v[0] = first + second;
  }
  for (int at = 0; at < WORDS; at++) state[at] += v[at];
}

void sha256_text(const void *bytes, size_t length, char text[SHA256_TEXT]) {
  uint32_t state[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                           0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const unsigned char *at = bytes;
  size_t left = length;
  for (; left >= BLOCK; left -= BLOCK, at += BLOCK) digest_block(state, at);
  // The end: the rest, a bit, zeros, and the length in bits in the last eight bytes.
  unsigned char end[2 * BLOCK] = {0};
  if (left > 0) memcpy(end, at, left);
  end[left] = 0x80;
  size_t size = left + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
  uint64_t bits = (uint64_t)length * 8;
  for (size_t byte = 1; byte <= 8; byte++, bits >>= 8) end[size - byte] = (unsigned char)bits;
  digest_block(state, end);
  if (size > BLOCK) digest_block(state, end + BLOCK);
  for (int digit = 0; digit < SHA256_TEXT - 1; digit++) {
    text[digit] = "0123456789abcdef"[state[digit / 8] >> (28 - digit % 8 * 4) & 15];
  }
  text[SHA256_TEXT - 1] = '\0';
}
