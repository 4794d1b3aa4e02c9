// Prints how the locks and the programs compare with what one would use instead: ratios from one run, as Markdown.
//
//   node bench/run.mjs [NAME...]     (after npm run build)
import { cpus } from 'node:os';
import { describeRatio, table } from './measure.mjs';

const BENCHES = [
  'locks',
  'shared',
  'etcd',
  'etcd-steps',
  'start-up',
  'hand-over',
  'helper',
  'waiting',
  'build',
  'made-once',
  'cleanup',
  'reports',
  'update',
  'large-update',
  'proof',
  'scheduler',
  'burst',
  'stage-end',
];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !BENCHES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such benchmark: ${unknown.join(', ')} (there are ${BENCHES.join(', ')})\n`);
  process.exit(2);
}

const rows = [];
for (const name of asked.length > 0 ? asked : BENCHES) {
  process.stderr.write(`${name} ...\n`);
  const { bench } = await import(`./${name}.mjs`);
  rows.push(...(await bench()));
}
const head = ['what', 'compared with', 'ratio', 'target', 'met', 'context'];
process.stdout.write(`${table(head, rows.map(describeRatio))}\n`);
process.stdout.write(
  `\nNode ${process.version}, ${cpus().length} x ${cpus()[0]?.model}. Medians of interleaved rounds.\n`,
);
