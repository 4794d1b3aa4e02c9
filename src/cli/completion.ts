import type { Argument, Command, Option } from 'commander';
import { bashScript } from './completion-bash.js';
import { fishScript } from './completion-fish.js';
import type { Flag, Grammar, Values } from './completion-grammar.js';
import { zshScript } from './completion-zsh.js';

export type Shell = 'bash' | 'zsh' | 'fish';

/** The script for a shell, of the same commands that `--help` shows. */
export function completionScript(shell: Shell, root: Command): string {
  const grammar = grammarOf(root);
  switch (shell) {
    case 'bash':
      return bashScript(grammar);
    case 'zsh':
      return zshScript(grammar);
    case 'fish':
      return fishScript(grammar);
  }
}

function grammarOf(root: Command): Grammar {
  const help = root.createHelp();
  const verbs = help.visibleCommands(root).filter((command) => command.name() !== 'help');
  return {
    program: root.name(),
    flags: help.visibleOptions(root).map(flagOf),
    verbs: verbs.map((command) => ({
      name: command.name(),
      description: command.description(),
      flags: help.visibleOptions(command).map(flagOf),
      places: command.registeredArguments.map((argument) => placeOf(argument)),
    })),
  };
}

function flagOf({ short, long, description, argChoices, required, optional, flags }: Option): Flag {
  const names = [short, long].flatMap((name) => name ?? []);
  if (!required && !optional) return { names, description, values: undefined };
  return { names, description, values: valuesOf(/[<[]([^>\]]+)[>\]]$/.exec(flags)?.[1] ?? '', argChoices) };
}

function placeOf(argument: Argument): Values {
  return argument.variadic ? { kind: 'command' } : valuesOf(argument.name(), argument.argChoices);
}

/** By the name that the help shows for a value. */
function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: 'words', words: choices };
  switch (name) {
    case 'dir':
      return { kind: 'directory' };
    case 'file':
    case 'path':
      return { kind: 'file' };
    case 'build':
    case 'old':
    case 'new':
      return { kind: 'build' };
    default:
      return { kind: 'nothing' };
  }
}
