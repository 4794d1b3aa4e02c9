import type { Flag, Grammar, Values } from './completion-grammar.js';

/** For bash 4 and later, without bash-completion. */
export function bashScript({ program, flags, verbs }: Grammar): string {
  const valued = [...flags.map(of('*')), ...verbs.flatMap(({ name, flags }) => flags.map(of(name)))].filter(
    ({ flag }) => flag.values !== undefined,
  );
  const globals = namesOf(flags);
  return `# bash completion for ${program}. Load it with: source <(${program} completion bash)

_${program}_offer() { # CURRENT WORD...: those that begin with what is typed. Nothing is expanded, whatever the words are
  local typed=$1 word
  shift
  for word in "$@"; do [[ $word == "$typed"* ]] && COMPREPLY+=("$word"); done
}

_${program}_paths() { # CURRENT OPTION-OF-COMPGEN
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$2" -- "$1")
}

_${program}_builds() { # CURRENT OPTION...
  local typed=$1 name
  shift
  local -a names=()
  while IFS= read -r name; do names+=("$name"); done < <(command ${program} "$@" complete-builds 2>/dev/null </dev/null)
  _${program}_offer "$typed" "\${names[@]}"
}

_${program}_plain() { # WORD: without quotes, and with the home directory; nothing else is expanded
  local word=\${1//[\\\\\\"\\']/}
  printf '%s' "\${word/#\\~\\//$HOME/}"
}

_${program}() {
  local typed=\${COMP_WORDS[COMP_CWORD]} verb='' place=0 behind='' option='' i word
  local -a configuration=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    [[ $word == '=' ]] && continue # bash splits --option=value there
    if [[ -n $option ]]; then
      case $option in
        -c | --config) configuration=(--config "$(_${program}_plain "$word")") ;;
        --build-dir) configuration=(--build-dir "$(_${program}_plain "$word")") ;;
      esac
      option=''
      continue
    fi
    if [[ -n $behind ]]; then
      ((place++))
      continue
    fi
    case $word in
      --) behind=yes ;;
      -*)
        case "$verb $word" in
          ${valued.flatMap(({ verb, flag }) => flag.names.map((name) => pattern(verb, name))).join(' | ')}) option=$word ;;
        esac
        ;;
      *) if [[ -z $verb ]]; then verb=$word; else ((place++)); fi ;;
    esac
  done
  [[ $typed == '=' ]] && typed=''

  if [[ -n $option ]]; then
    case "$verb $option" in
${valued.map(({ verb, flag }) => `      ${flag.names.map((name) => pattern(verb, name)).join(' | ')}) ${offer(program, flag.values)} ;;`).join('\n')}
    esac
    return
  fi
  if [[ -z $behind && $typed == -* ]]; then
    case $verb in
${verbs.map(({ name, flags }) => `      ${name}) _${program}_offer "$typed" ${[...namesOf(flags), ...globals].join(' ')} ;;`).join('\n')}
      '') _${program}_offer "$typed" ${globals.join(' ')} ;;
    esac
    return
  fi
  case "$verb $place" in
    ' 0') _${program}_offer "$typed" ${verbs.map(({ name }) => name).join(' ')} ;;
${verbs.flatMap(({ name, places }) => places.map((values, index) => `    ${pattern(name, values.kind === 'command' ? '*' : String(index))}) ${offer(program, values)} ;;`)).join('\n')}
  esac
}

complete -F _${program} ${program}
`;
}

const of = (verb: string) => (flag: Flag) => ({ verb, flag });

const namesOf = (flags: readonly Flag[]): string[] => flags.flatMap(({ names }) => names);

/** Of `VERB WORD`; a star stands for anything. */
function pattern(verb: string, word: string): string {
  if (verb === '*') return `*' ${word}'`;
  return word === '*' ? `'${verb} '*` : `'${verb} ${word}'`;
}

function offer(program: string, values: Values | undefined): string {
  switch (values?.kind) {
    case 'words':
      return `_${program}_offer "$typed" ${values.words.join(' ')}`;
    case 'file':
      return `_${program}_paths "$typed" -f`;
    case 'directory':
      return `_${program}_paths "$typed" -d`;
    case 'build':
      return `_${program}_builds "$typed" "\${configuration[@]}"`;
    case 'command':
      return `if ((place == 0)); then _${program}_paths "$typed" -c; else _${program}_paths "$typed" -f; fi`;
    default:
      return ':';
  }
}
