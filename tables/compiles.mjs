// Limits of one compile that both fronts of ct-lock-helper keep to.
export default {
  ownError: {
    about: 'The exit code of our own errors, so that they can be told from those of the command.',
    number: 125,
  },
  mostFiles: {
    about:
      'Response files of a command: far above what build systems write, it ends the reading of one that names itself.',
    number: 32,
  },
  mostFileBytes: { about: 'Likewise of one response file.', number: 1_048_576 },
  roomyName: { about: 'A name up to this length has room; to ask costs a system call.', number: 143 },
  roomyPath: { about: 'Likewise a path.', number: 3900 },
  mostLinks: { about: 'The most links that the kernel follows.', number: 40 },
  procMagic: { about: 'The magic number (statfs) of /proc, where links lead to open files.', hex: 0x9fa0 },
};
