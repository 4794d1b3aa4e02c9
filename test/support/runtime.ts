import { spawnSync } from 'node:child_process';

/**
 * Whether a compiler has the library that an option needs at run time: Debian has clang's (sanitizers, coverage, libFuzzer) in
 * another package, libclang-rt-14-dev say, and gcc may come without its own.
 */
export function hasRuntime(compiler: string, ...options: readonly string[]): boolean {
  const program = options.some((option) => option.includes('fuzzer'))
    ? 'int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { (void)data; (void)size; return 0; }'
    : 'int main(void) { return 0; }';
  return spawnSync(compiler, [...options, '-x', 'c', '-', '-o', '/dev/null'], { input: program }).status === 0;
}

/** What the checked parts of the native front are built with. */
export const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
