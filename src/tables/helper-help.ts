// Made by scripts/tables.mjs of tables/ct-lock-helper.help.txt: change that.
export const HELP = `Usage: ct-lock-helper compile --target=FILE [OPTION...] -- COMMAND...
       ct-lock-helper link --target=FILE [OPTION...] -- COMMAND...
       ct-lock-helper launch [OPTION...] -- COMMAND...

Runs COMMAND while it holds the lock of the file that COMMAND produces, has it
write a temporary, and renames that to FILE: several users and hosts can compile
into one directory, one at a time per FILE, and no reader ever sees half of one.

  compile   appends "-o TEMPORARY" to COMMAND
  link      COMMAND names FILE itself, as in "gcc ... -o FILE" or "ar rcs FILE
            ..."; where it cannot be redirected, it runs unchanged under the lock
  launch    finds FILE in COMMAND, a call of a compiler, linker, ar or ranlib;
            what produces no single file runs unchanged and without a lock. For
            CMAKE_C_COMPILER_LAUNCHER and the like, or make CC="... launch -- gcc"

  --target=FILE        the file that COMMAND produces; its directory is made if
                       missing
  --strategy=STRATEGY  lockdir (works everywhere: NFS, GPFS, Lustre), cifs
                       (CIFS, SMB), flock (local file systems), fcntl, or etcd
                       (hosts that share no disk, see below);
                       default: by the file system
  --reuse              compile, link: use an object that another helper has just
                       made, if it is certainly the same; launch always does
  --help, --version

Environment:
  CT_LOCK_SLEEP_INTERVAL  seconds between two attempts to get the lock
                          (default: 0.01 to 0.1, as suits the file system);
                          with _CIFS or _FLOCK appended, for that strategy only
  CT_LOCK_WARN_INTERVAL   seconds between two warnings while waiting (30)
  CT_LOCK_TIMEOUT         seconds after which a lock of another host is
                          overdue and the warnings say how to remove it (600);
                          with etcd, after which a wait in which nothing moves
                          ends, with exit code 75
  CT_LOCK_VERBOSE         1: report stale locks that are removed, and
                          commands that cannot be redirected; 2: why an object
                          that another helper has just made is made again (0)
  CT_LOCK_DIR             a directory for all locks of the tree that it lies in
                          (default: beside what each protects). It must be the
                          same for all who build there; .lock-strategy at the top
                          of the tree may set it instead: locks=DIR
  CT_LOCK_TREE            with etcd, an absolute path: objects are named by their
                          path from there, which has to be the same on all hosts
                          (default: the directory of the configuration)
  CT_LOCK_REUSE           0: launch never uses what another helper has just made
  CT_LOCK_COMPILERS       names of programs whose "-o FILE" launch redirects as a
                          compiler's ("*": of all); programs other than
                          compilers, linkers, ar and ranlib run unchanged under
                          the lock
  CT_LOCK_LOG             a file to which each helper that had to wait for a lock
                          appends a line of JSON, for "stagelock contention"
  STAGELOCK_CONFIG        with etcd, the configuration whose [coordination] says
                          where it is and what to do without it (default:
                          stagelock.toml in this directory or above it)
  CT_RULE_OUTCOMES_LOG    a file to which compile and link append a line for
                          each product, as compiletools does

Exit code: that of COMMAND; 125 for errors of ct-lock-helper itself;
75 with etcd, if the lock could not be acquired or kept; 128+N after signal N.
`;
