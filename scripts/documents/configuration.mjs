// docs/configuration.md, from the JSON schema of stagelock.toml with the expectations of src/cli/documented.ts.

/** The tables of the file with their keys, in the order of the page. */
export function tablesOf(schema) {
  const { project, scheduler, mail, notify, coordination, defaults, builds } = schema.properties;
  const build = builds.additionalProperties;
  const { update, submit, stages } = build.properties;
  const inherited = Object.keys(defaults.properties);
  const table = (header, from, more = '') => ({
    header,
    description: `${from.description}${more}`,
    keys: Object.entries(from.properties)
      .filter(([, key]) => key.type !== 'object' || key.properties === undefined)
      .filter(([, key]) => key.additionalProperties?.properties === undefined)
      .map(([key, value]) => keyOf(key, value, from.required?.includes(key))),
  });
  return [
    table('[project]', project),
    table(
      '[builds.NAME]',
      build,
      ` \`[defaults]\` may contain these keys and tables, too: ${inherited.map((key) => `\`${key}\``).join(', ')}.`,
    ),
    table('[builds.NAME.update]', update),
    table('[builds.NAME.submit]', submit),
    table('[builds.NAME.stages.STAGE]', stages.additionalProperties),
    table('[scheduler]', scheduler),
    table('[mail]', mail),
    table('[[notify]]', notify.items),
    table('[coordination]', coordination),
  ];
}

function keyOf(key, schema, required) {
  const [example] = schema.examples;
  return {
    key,
    type: typeOf(schema),
    preset: required ? undefined : schema.default === undefined ? undefined : toml(schema.default),
    required: required === true,
    example: `${key} = ${toml(example)}`,
    sentence: schema.description,
  };
}

/** From what a message says was expected. */
function typeOf({ type, enum: values, $comment }) {
  if (values !== undefined) return values.map((value) => `\`${toml(value)}\``).join(', ');
  if (Array.isArray(type)) return 'duration';
  return $comment.replace(/ such as .*/, '').replace(/^(an?|the) /, '');
}

function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (typeof value === 'object') {
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key} = ${toml(inner)}`)
      .join(', ')} }`;
  }
  return JSON.stringify(value);
}

export function configurationPage(tables) {
  const cell = (text) => text.replaceAll('|', '\\|');
  const code = (text) => (text === undefined ? '' : `\`${cell(text)}\``);
  const row = ({ key, type, preset, required, example, sentence }) =>
    `| ${code(key)} | ${cell(type)} | ${required ? 'required' : code(preset)} | ${code(example)} | ${cell(sentence)} |`;
  const anchors = tables.map(({ header }) => `[${code(header)}](#${header.toLowerCase().replaceAll(/[^a-z]/g, '')})`);
  return `${[
    '<!-- Made by `npm run documents` from src/config/schema. Do not edit. -->',
    '',
    '# Configuration reference',
    '',
    'The configuration is a TOML 1.0 file, `stagelock.toml`. Its tables:',
    `${anchors.join(', ')}, and \`[defaults]\`, from which every build inherits.`,
    '',
    '- Without `--config` or `$STAGELOCK_CONFIG`, stagelock reads `stagelock.toml` in the current directory or the nearest one above it.',
    '- Paths are relative to the directory of the file. `~` is not expanded.',
    '- A duration is a number of seconds or a text such as `"90 s"`, `"10 min"`, `"1 h 30 min"`, `"500 ms"` or `"2 d"`, at most `"24 d"`.',
    '- A build inherits the keys of `[defaults]`, `[defaults.update]`, `[defaults.submit]` and `[defaults.stages.STAGE]` one by one, and overrides single keys.',
    '- An unknown key, a wrong type or a contradiction is an error. `stagelock check` reports all of them at once, with their lines.',
    '',
    '[config/stagelock.example.toml](../config/stagelock.example.toml) shows a primary with two secondaries. Editors that know JSON schemas (Taplo,',
    'Even Better TOML) complete keys by [config/stagelock.schema.json](../config/stagelock.schema.json); put `#:schema PATH` on the first line.',
    ...tables.flatMap(({ header, description, keys }) => [
      '',
      `## ${code(header)}`,
      '',
      description,
      '',
      '| Key | Type | Default | Example | Meaning |',
      '| --- | --- | --- | --- | --- |',
      ...keys.map(row),
    ]),
  ].join('\n')}\n`;
}
