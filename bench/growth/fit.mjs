// How a cost grows with a size, from costs at three sizes a decade apart.

/** Less than this part of the cost at the smallest size is noise, whatever the cost is. */
const NOISE = 0.03;

/**
 * For a cost of `base + factor * size ** exponent`, the exponent without the base: the steps between the sizes have the ratio
 * 10 ** exponent.
 *
 * @param {readonly [number, number, number]} costs
 * @param {number} leastNoise what may differ from run to run of this cost
 * @returns {number} 0 where the cost does not grow
 */
export function exponentOf([small, middle, large], leastNoise) {
  const noise = Math.max(small * NOISE, leastNoise);
  if (large - small <= 2 * noise) return 0;
  // Where the first step drowns in the noise, it may have been as large as that, and the exponent is no smaller than this.
  return Math.max(0, Math.log10((large - middle) / Math.max(middle - small, noise)));
}
