/* What `stagelock COMMAND --help` says below the options; the man page has it, too. */

export const EXEC_HELP = `
Without --wait the command is skipped when another process holds the lock, which
is what a crontab usually wants. Standard error names the owner of the lock, says
how long it has held it, and what to do.

With --shared, any number of commands hold the lock together, and none that asked
for it alone, without this option, runs beside them. --slots 3 is the same for at
most three at once; commands that name different numbers have the first slots in
common. $STAGELOCK_SLOT tells the command which one it has. One that waits for the
lock alone comes before those that come later.

The lock stands beside PATH (PATH.lock or PATH.lockdir), and what shared ones need
besides in PATH.shared, which stays. It is held until the
command ends, whatever the command leaves running in the background. On INT, TERM
or HUP, this program ends the command and everything that it started, and then
releases the lock. If this program is killed, the kernel kills the command, and
the lock is free again.

With --strategy etcd, PATH is any name that all hosts use for the lock, and no
slot has a number; $STAGELOCK_LOCK_TOKEN is a number that grows with each holder.
When etcd does not renew the lock in time, the command is ended (75); when this
program is killed, the lock is free after the lease of [coordination].

Exit code: that of the command, 128+N if signal N killed it, 127 if it could not
be started; 75 if the lock could not be acquired, 2 for a wrong command line,
70 if no lock can be made there, 73 if something else is in its place.

  */10 * * * *  stagelock exec --lock ~/builds/nightly -- make -C ~/src all
  stagelock exec --lock /net/board --shared --wait 1h -- read-sensors
  stagelock exec --lock /net/synopsys --slots 3 --wait 2h -- make netlist
`;

export const AGENT_HELP = `
One agent for each user and host holds the locks of all compiles that run with
ct-lock-helper --strategy=etcd, with one connection, one lease and one watch. The
helper finds it by its socket in $XDG_RUNTIME_DIR/stagelock, /run/user/UID/stagelock
or /tmp/.stagelock-agent.UID, which only this user can enter; without an agent it
holds the lock itself. Which etcd, the configuration of each compile says.

When the agent ends, by whatever, those that it held locks for put nothing in
place (75), and their locks are free when its lease is over. On TERM it lets those
in progress end first; a second TERM does not.

Exit code: 0 after --idle or a signal; 75 if another agent of this user runs,
73 if another user could enter its directory.

  systemd-run --user --unit stagelock-agent stagelock agent --idle 24d
`;

export const INIT_HELP = `
It recognizes CMake (with presets), Meson, configure scripts, Cargo, make, ninja,
npm, pnpm and yarn, and checkouts of git, svn, hg and cvs. At a terminal, without
--source, --build and --name, it asks for the source, the name of the project, the
directory for the builds, a second build of the same source, an address for mails
and the interval; Enter takes what is proposed. The end of the input and Ctrl-C
leave nothing written. A file that exists is never replaced.

At the end it checks the file as \`stagelock check\` does, and prints the commands
that run the builds by hand and have cron run them.

Exit code: that of \`stagelock check\`; 1 if the questions were not answered, 2 also
if the file exists already.
`;

export const KILL_HELP = `
A live run gets TERM first, so that it ends its stage in order. Then every other
process that belongs to a run of this build on this host gets TERM, and KILL after
the \`grace\` of its stages: also processes of dead runs and of runs whose locks are
gone. Nothing else gets a signal. Processes that a stage was allowed to leave behind
keep running. The locks stay: \`stagelock unlock\` removes them.

Exit code: 0 no process of it is left on this host; 1 the answer was no; 2 there is
no terminal to ask on, and no --yes; 75 some process is still alive: one of another
user, which only that user or root can end, one that waits inside the kernel, or one
on another host, where this command must be run.
`;

export const DOCTOR_HELP = `
Four processes at once perform the operations that locks are made of; with --peer,
two of them on each side. This takes about ten seconds on a local disk and up to a
minute on a network. Exit code: 0 if the default strategy works, 1 if not.

--etcd asks each member, tries what a run does below a prefix of its own, measures how
long reads and changes take, and whether leases end on time; ten seconds. Exit code: 0
if hosts can coordinate by it, 1 if not.
`;

export const SCHEDULE_HELP = `
HUP reloads the configuration; an invalid configuration is reported and ignored.
After TERM or INT the scheduler starts no more runs and waits for those in progress;
it interrupts them after stop_limit of [scheduler], or at the second signal. Several
hosts may each run a scheduler for the same project: every firing is run once, by
one of them.
`;

export const LOG_HELP = `
  stagelock log gcc --show                      the newest run: what failed, and its logs
  stagelock log gcc --failed --show             the newest run that failed
  stagelock log gcc --show 20260131-1121 test   the log of one stage of one run

With [coordination], also the last runs of a build of another host: what failed, and where
its log is.
`;

export const MIGRATE_HELP = `
Run it on the host of the primary while [coordination] is in its configuration: after
you have added the table, or before you remove it. It keeps all runs away as long as
it works, and each build goes on after the update that it has built. Killed halfway,
it keeps them away until it is run again, which completes it.

--to etcd puts there what followers need. On another host, whose secondary has become a
follower, it takes the place of that build along. --to files brings the files up to date,
removes what etcd has of the primaries of this host, after asking, and leaves a key that
keeps runs of other hosts from beginning by etcd.

Exit code: 0 moved, or with --dry-run, can be moved; 1 the journals in files and in etcd
contradict each other, or the answer was no; 2 without [coordination], or without a
terminal and --yes; 75 a run is in progress, a lock is left, or etcd cannot be reached.
`;

export const NOTIFY_HELP = `
A test sends an event named "test" to a command or a webhook, writes a line into the
log of a ping URL without changing its state, and looks at the repository of a
commit_status without setting a status.

Exit code: 0 if everything was delivered, 1 if something was not, 2 without
[[notify]], 75 if another process is sending.
`;

export const WAIT_HELP = `
It takes no lock, and the run may be another user's or on another host.

Exit code: that of the run; 0 if none is in progress, or if it found no news; 75 if it has
died and left its locks, or has not ended within --timeout; 2 for a wrong command line.
`;

export const WEB_HELP = `
The pages read what the builds have written, take no lock, and have nothing that
could be changed. They end with INT, TERM or HUP, and nothing is lost by that.

Every user of this machine can read what listens on the loopback address. For other
machines put a proxy with TLS in front: a password goes over plain HTTP as it is.
For one reader elsewhere, ssh -L 8417:localhost:8417 HOST is enough.

/metrics has the figures of stagelock metrics.
`;

export const COMPLETION_HELP = `
To load it now, and in every shell from now on:

  source <(stagelock completion bash)        in ~/.bashrc
  source <(stagelock completion zsh)         in ~/.zshrc, after compinit
  stagelock completion fish | source         in ~/.config/fish/config.fish
`;
