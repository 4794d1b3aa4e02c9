/** What `ct-cleanup-locks --help` prints; its man page is made of it. */
export const HELP = `Usage: ct-cleanup-locks [--objdir=DIR] [OPTION...]

Removes what killed compiles left below DIR: locks of dead owners (T.lockdir,
T.lock.excl, T.lock.pid) and orphaned temporaries (T.PID.RANDOM.tmp). Anything
that may be in use stays, and so does anything whose owner is unknown. Builds may
run at the same time.

  --objdir=DIR       an object directory; may be given several times
  --dry-run          only show what would be removed; change nothing
  --min-lock-age=SECONDS
                     keep what is younger (default: CT_LOCK_TIMEOUT, or 600)
  --ssh-timeout=SECONDS
                     how long to wait for the connection to another host when
                     asking whether its processes are alive (default: 5);
                     0: ask no other host
  -v, --verbose      also list what is kept, and why
  -q, --quiet        only errors
  --json             print everything as JSON
  --help, --version

Without --objdir the directory is that of compiletools: cas-objdir of a ct.conf
(or of CAS_OBJDIR in the environment), with all of its variants.

  --cas-objdir=DIR   that directory, from the root of the git repository
  -c FILE, --config=FILE
                     a file of such settings, above every ct.conf
  --variant=NAME     only this variant of it
  --all-variants     all variants, as without --variant
  --lock-cross-host-timeout=SECONDS
                     the same as CT_LOCK_TIMEOUT

For compatibility with compiletools, these are accepted and ignored: --file-locking,
--lock-warn-interval, --sleep-interval-..., --bindir, --cas-pchdir, --cas-pcmdir,
--cas-exedir, --use-mtime, --force-flat-exe-layout, --allow-fake-git,
--variant-canonical-order.

Locks are also found in the separate directory that CT_LOCK_DIR, or an agreement
(.lock-strategy) in DIR or above, puts them into.

Whether an owner on another host is alive is checked with "ssh HOST", which must
work without a password and with a known host key; otherwise its locks stay.

Exit code: 0 done, or nothing to do; 1 something could not be removed or read,
or the command line is wrong.
`;
