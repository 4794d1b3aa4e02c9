// What all who use a lock have to agree on, or one would not exclude the other: names, numbers, strategies, file systems.
export default {
  strategy: {
    about: 'How an object lock is taken.',
    choices: { lockdir: '', cifs: '', flock: '', fcntl: '' },
    prefix: 'strategy',
    count: 'strategyAuto',
    list: true,
  },
  reach: {
    about: 'Whether other hosts may see the same files; only on a local file system one hears of every change.',
    choices: { local: '', network: '' },
    prefix: 'reach',
  },
  strategyTraits: {
    about: 'What is known of each strategy.',
    struct: 'strategyTrait',
    by: 'strategy',
    fields: {
      name: { type: 'text', about: 'As users write it.' },
      ending: { type: 'text', about: 'What the name of its lock ends in.' },
      everywhere: { type: 'flag', about: 'The server decides (mkdir, O_EXCL), so that it excludes all hosts.' },
      networks: {
        type: 'pattern',
        about: 'Network file systems, by their names, on which it excludes other hosts, too.',
      },
    },
    rows: {
      lockdir: { name: 'lockdir', ending: '.lockdir', everywhere: true, networks: {} },
      cifs: { name: 'cifs', ending: '.lock.excl', everywhere: true, networks: {} },
      flock: { name: 'flock', ending: '.lock', networks: {} },
      fcntl: { name: 'fcntl', ending: '.lock', networks: { words: 'nfs' } },
    },
  },
  knownFilesystems: {
    about: 'By the magic number of statfs(2), from linux/magic.h and their own headers.',
    struct: 'knownFilesystem',
    fields: {
      magic: { type: 'magic', about: 'The f_type.' },
      name: { type: 'text', about: 'As mount(8) names it.' },
      reach: { type: 'reach', about: 'Who sees the same files.' },
      strategy: { type: 'strategy', about: 'The one that is known to work on it.' },
      lockdirPollMs: {
        type: 'number',
        about: 'Milliseconds between two attempts to make a lock directory: Lustre answers fast, NFS has latency.',
      },
      certain: {
        type: 'flag',
        about:
          'A change of a file, of a directory, and of the name of either, has been seen to change time stamps (ctime) by the clock of this host; see docs/made-once.md.',
      },
    },
    rows: [
      // ext2 and ext3 have the same number.
      { magic: 0xef53, name: 'ext4', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
      { magic: 0x58465342, name: 'xfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
      { magic: 0x9123683e, name: 'btrfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
      { magic: 0x01021994, name: 'tmpfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
      { magic: 0x794c7630, name: 'overlay', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
      { magic: 0x2fc12fc1, name: 'zfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0xf2f52010, name: 'f2fs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0xca451a4e, name: 'bcachefs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0x858458f6, name: 'ramfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0x3153464a, name: 'jfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0x52654973, name: 'reiserfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0x4d44, name: 'vfat', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0x2011bab0, name: 'exfat', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0x7366746e, name: 'ntfs3', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
      { magic: 0x6969, name: 'nfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 100 },
      { magic: 0x0bd00bd0, name: 'lustre', reach: 'network', strategy: 'lockdir', lockdirPollMs: 10 },
      { magic: 0x47504653, name: 'gpfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0x19830326, name: 'beegfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0x00c36400, name: 'ceph', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0x5346414f, name: 'afs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 100 },
      { magic: 0x7461636f, name: 'ocfs2', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0x01161970, name: 'gfs2', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0xaad7aaea, name: 'panfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0x01021997, name: '9p', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0x786f4256, name: 'vboxsf', reach: 'network', strategy: 'lockdir', lockdirPollMs: 100 },
      // sshfs, s3fs, GlusterFS, virtiofs and local ones alike: nothing tells them apart, so the safest strategy.
      { magic: 0x65735546, name: 'fuse', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
      { magic: 0xff534d42, name: 'cifs', reach: 'network', strategy: 'cifs', lockdirPollMs: 100 },
      { magic: 0xfe534d42, name: 'smb3', reach: 'network', strategy: 'cifs', lockdirPollMs: 100 },
      { magic: 0x517b, name: 'smbfs', reach: 'network', strategy: 'cifs', lockdirPollMs: 100 },
    ],
  },
  unknownLockdirPollMs: {
    about: 'On a file system that is none of these, which gets the strategy that works everywhere.',
    number: 50,
  },
  otherPollMs: { about: 'Between two attempts to get a lock by another strategy than lockdir.', number: 100 },

  inEtcd: { about: 'What `--strategy` says for locks that need no file system.', text: 'etcd' },
  agreementFile: {
    about: 'Says which strategy an object directory uses, and where its locks are: one word or `locks=DIR` a line.',
    text: '.lock-strategy',
  },
  agreementLocks: { about: 'Begins the line that names a directory of locks.', text: 'locks=' },
  longestAgreement: { about: 'Bytes; what is longer was not written by us.', number: 4096 },
  recordName: { about: 'The file with the name of the owner in a lock directory.', text: 'pid' },
  ownDirectory: {
    about:
      'Begins the name of a directory of one user for locks, in a world-writable one; the number of the user follows.',
    text: '.ct-locks.',
  },
  turnsPlace: { about: 'Where that of those who wait is.', text: '/tmp' },
  turnsFile: { about: 'The file in it whose bytes are the places of those who wait.', text: 'turns' },
  longestName: { about: 'The most bytes of a name on nearly every file system.', number: 255 },
  keptOfName: {
    about:
      "How much of a name a short one keeps; with the hash, a strategy's ending and that of a lock moved away it fits everywhere.",
    number: 64,
  },
  fitsEverywhere: { about: 'Names up to this length fit everywhere: eCryptfs has the least room.', number: 143 },
  longestInDirectory: {
    about: "With a strategy's ending and that of a lock moved away, a name of this length fits on every file system.",
    number: 100,
  },
  hashStart: { about: 'FNV-1a of 64 bits: the hash of nothing.', big: 0xcbf29ce484222325n },
  hashFactor: { about: 'What it is multiplied by after each byte.', big: 0x100000001b3n },
  directoryMode: { about: 'Permissions of directories that a team shares, whatever the umask.', octal: 0o775 },
  fileMode: { about: 'The same of files.', octal: 0o664 },

  pidBits: { about: 'No pid of Linux needs more bits (PID_MAX_LIMIT).', number: 22 },
  placeBits: {
    about:
      'The places of a region but one: no process gets one behind so many others that came while the queue was never empty.',
    number: 14,
  },
  offsetBits: { about: 'Bytes of a file that may be locked.', number: 62 },
  placeTries: { about: 'How often another process may take the place that we are about to take.', number: 100 },
  patienceMs: {
    about:
      'A first that has not moved for so long may hang; usually it waits for a long compile, as all do. So those behind ask then, but more rarely than usual, by `rarely` times their distance: the first has ten chances before the second.',
    number: 60_000,
  },
  rarely: { about: 'See above.', number: 10 },
  lookAtFirstMs: {
    about: 'How often the second sees whether the first does what it is there for; the third looks half as often.',
    number: 500,
  },
  pauseOfFirstMs: {
    about:
      'On a network file system, the first pause of the first in the queue; then they double. Shorter ones would give a newcomer more chances than the first of another host has.',
    number: 16,
  },
  halfAtMs: {
    about: 'Who has waited for so long asks twice as often as the interval says, then ever more often.',
    number: 200,
  },
  mostOften: { about: 'Up to so many times.', number: 10 },
  rarerAfter: {
    about:
      'From `rarerAfter` times the interval divided by ten on, 20 s say, ever more rarely again: a compile of minutes is not to be asked about a hundred times a second.',
    number: 2000,
  },
  firstInherited: {
    about:
      "The least number of what a command inherits: smaller ones may be named by MAKEFLAGS (make's jobserver) or a script, and be something else there.",
    number: 40,
  },
  firstPauseMs: {
    about: 'Locks are mostly held for an instant or for long: begin with short pauses, then double up to the interval.',
    number: 1,
  },
  lookAcrossMs: {
    about:
      'When a waiter on a network file system first looks at the record of the owner; then after twice the time, because a look keeps the lock from being released there.',
    number: 5000,
  },
  lookAcrossAtLastMs: { about: 'And the longest such time.', number: 30_000 },
  leftLyingMs: {
    about: 'For how long a lock must have been free before those behind believe that the first hangs.',
    number: 400,
  },
  warnMs: { about: 'Between two warnings while waiting (CT_LOCK_WARN_INTERVAL).', number: 30_000 },
  overdueMs: { about: 'After that a lock of another host is overdue (CT_LOCK_TIMEOUT).', number: 600_000 },
  startMarginMs: {
    about:
      'How much later than its lock a process must have started to be called another one. Covers the coarse time stamps of files (up to 2 s on FAT) and the rounding of the start time. Not covered: a host clock that jumps forward by more than this while the lock is held; then the start of its owner seems to move forward with it.',
    number: 3000,
  },
  oldestDays: {
    about:
      'No lock is left without a name for longer. NFS servers keep the verifier of an exclusive create where the time stamps of the file belong until these are set, so that for an instant a new file may seem to be of 1970.',
    number: 365,
  },
  namelessDirectoryMs: {
    about:
      'mkdir and the name inside follow each other at once; a directory that stays nameless this long was abandoned.',
    number: 5000,
  },
  cachedMs: {
    about: 'For how long a client may answer from its cache that a file which it has made itself is not there.',
    number: 1500,
  },
  cachedAgainMs: { about: 'And how often to ask again.', number: 50 },
  largestPid: {
    about: 'A process of Linux has no larger number; a larger one in a record is as dead as this one.',
    number: 0x7fffffff,
  },
  longestHost: { about: 'The most bytes of the name of a host in a record.', number: 255 },
  longestPid: { about: 'The most digits of a pid in a record.', number: 10 },
};
