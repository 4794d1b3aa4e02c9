#pragma once

/** What `--help` writes: the same as HELP in src/cli/helper-arguments.ts, as a test makes sure. */
extern const char help[];

/** What `--version` writes: VERSION of src/version.ts. */
extern const char version[];
