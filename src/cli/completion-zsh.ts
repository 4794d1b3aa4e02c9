import type { Flag, Grammar, Values, Verb } from './completion-grammar.js';

/** A function for `$fpath`, which can be sourced as well. */
export function zshScript({ program, flags, verbs }: Grammar): string {
  return `#compdef ${program}
# zsh completion for ${program}. Put it into a directory of $fpath as _${program}, or load it with: source <(${program} completion zsh)

_${program}_builds() {
  local -a builds
  builds=(\${(f)"$(command ${program} $configuration complete-builds 2>/dev/null </dev/null)"})
  (( \${#builds} )) && _describe -t builds build builds
}

_${program}_verbs() {
  local -a verbs
  verbs=(
${verbs.map(({ name, description }) => `    ${quoted(`${name}:${description.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  _describe -t commands command verbs
}

_${program}() {
  local curcontext=$curcontext state line
  local -a configuration common
  typeset -A opt_args
  common=(
${specsOf(program, flags)
  .map((spec) => `    ${spec}`)
  .join('\n')}
  )
  _arguments -C $common '1: :_${program}_verbs' '*:: :->rest' && return
  [[ $state == rest ]] || return 1
  local -i i
  local option
  for option in --config -c --build-dir; do
    [[ -n $opt_args[$option] ]] || continue
    configuration=(\${option/#-c/--config} "\${\${(Q)opt_args[$option]}/#\\~\\//$HOME/}")
  done
  for (( i = 2; i < CURRENT; i++ )); do # or behind the command
    case $words[i] in
      -c | --config | --build-dir)
        (( i + 1 < CURRENT )) && configuration=(\${words[i]/#-c/--config} "\${\${(Q)words[i+1]}/#\\~\\//$HOME/}") ;;
      --config=* | --build-dir=*)
        configuration=(\${words[i]%%=*} "\${\${(Q)words[i]#*=}/#\\~\\//$HOME/}") ;;
    esac
  done
  case $words[1] in
${verbs.map((verb) => armOf(program, verb)).join('\n')}
  esac
}

if [[ $funcstack[1] == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function armOf(program: string, { name, flags, places }: Verb): string {
  const words = places.map((values, index) =>
    values.kind === 'command' ? "'*:: :_normal'" : quoted(`${index + 1}: :${actionOf(program, values)}`),
  );
  return `    ${name})\n      _arguments ${[...specsOf(program, flags), '$common', ...words].join(' \\\n        ')} ;;`;
}

/** As `_arguments` takes them: an option with two names excludes itself. */
function specsOf(program: string, flags: readonly Flag[]): string[] {
  return flags.flatMap(({ names, description, values }) => {
    const text = `[${description.replaceAll(/[[\]\\:]/g, '\\$&')}]`;
    const value = values === undefined ? '' : `:value:${actionOf(program, values)}`;
    return names.map((name) => {
      const takes = values === undefined ? '' : name.startsWith('--') ? '=' : '+';
      return quoted(`(${names.join(' ')})${name}${takes}${text}${value}`);
    });
  });
}

function actionOf(program: string, values: Values): string {
  switch (values.kind) {
    case 'words':
      return `(${values.words.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'build':
      return `_${program}_builds`;
    default:
      return ' ';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
