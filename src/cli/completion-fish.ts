import type { Flag, Grammar, Values } from './completion-grammar.js';

/** For fish 3 and later. */
export function fishScript({ program, flags, verbs }: Grammar): string {
  const valued = [
    ...flags.filter(takesValue).flatMap(({ names }) => names.map((name) => `'* ${name}'`)),
    ...verbs.flatMap((verb) =>
      verb.flags.filter(takesValue).flatMap(({ names }) => names.map((name) => `'${verb.name} ${name}'`)),
    ),
  ];
  return `# fish completion for ${program}. Load it with: ${program} completion fish | source

function __${program}_at # VERB [PLACE]: whether that command is typed, with so many arguments before the cursor
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l verb ''
    set -l place 0
    set -l value no
    for token in $tokens
        if test $value = yes
            set value no
            continue
        end
        switch $token
            case --
                return 1
            case '-*'
                contains -- "$verb $token" ${valued.filter((each) => !each.startsWith("'*")).join(' ')}
                or contains -- "* $token" ${valued.filter((each) => each.startsWith("'*")).join(' ')}
                and set value yes
            case '*'
                if test -z "$verb"
                    set verb $token
                else
                    set place (math $place + 1)
                end
        end
    end
    test "$verb" = "$argv[1]"
    and begin
        test (count $argv) -lt 2
        or test $place -eq $argv[2]
    end
end

function __${program}_builds
    set -l configuration
    set -l tokens (commandline -opc)
    for i in (seq 2 (count $tokens))
        switch $tokens[$i]
            case -c --config
                set configuration --config (string replace -r '^~/' "$HOME/" -- $tokens[(math $i + 1)] 2>/dev/null)
            case --build-dir
                set configuration --build-dir (string replace -r '^~/' "$HOME/" -- $tokens[(math $i + 1)] 2>/dev/null)
            case '--config=*' '--build-dir=*'
                set configuration (string split -m 1 = -- $tokens[$i])
                set configuration[2] (string replace -r '^~/' "$HOME/" -- $configuration[2])
        end
    end
    command ${program} $configuration complete-builds 2>/dev/null </dev/null
end

complete -c ${program} -f
${flags.map((flag) => flagLine(program, '', flag)).join('\n')}

${verbs.map(({ name, description }) => `complete -c ${program} -n "__${program}_at ''" -a ${name} -d ${quoted(description)}`).join('\n')}

${verbs
  .flatMap(({ name, flags, places }) => [
    ...flags.map((flag) => flagLine(program, ` -n '__${program}_at ${name}'`, flag)),
    ...places.map(
      (values, index) => `complete -c ${program} -n '__${program}_at ${name} ${index}'${valuesOf(program, values)}`,
    ),
  ])
  .join('\n')}
`;
}

const takesValue = ({ values }: Flag): boolean => values !== undefined;

function flagLine(program: string, condition: string, { names, description, values }: Flag): string {
  const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = values === undefined ? '' : ` -r${valuesOf(program, values)}`;
  return `complete -c ${program}${condition} ${spelled.join(' ')}${value} -d ${quoted(description)}`;
}

function valuesOf(program: string, values: Values): string {
  switch (values.kind) {
    case 'words':
      return ` -f -a '${values.words.join(' ')}'`;
    case 'file':
    case 'command':
      return ' -F';
    case 'directory':
      return " -f -a '(__fish_complete_directories)'";
    case 'build':
      return ` -f -a '(__${program}_builds)'`;
    case 'nothing':
      return ' -f';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
