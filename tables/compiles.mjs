// Limits of one compile that both fronts of ct-lock-helper keep to.
export default {
  ownError: {
    about: 'The exit code of our own errors, so that they can be told from those of the command.',
    number: 125,
  },
  notHeld: {
    about: 'The exit code where a lock in etcd could not be acquired or kept: try again later (EX_TEMPFAIL).',
    number: 75,
  },
  agentProtocol: {
    about: 'What a request to the agent begins with; both ends have to mean the same.',
    text: 'stagelock agent 1',
  },
  agentInRun: { about: 'The directory of the agent below that of the session (XDG_RUNTIME_DIR).', text: 'stagelock' },
  agentInTmp: {
    about: 'Begins its name in /tmp, where there is no other; the number of the user follows.',
    text: '.stagelock-agent.',
  },
  agentSocket: { about: 'The socket in it.', text: 'agent.sock' },
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
