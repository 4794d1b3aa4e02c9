import { type Entry, NOT_BUILT } from './entry.js';

const night = (shape: string, NightlyStartTime: string | undefined, more: Partial<Entry> = {}): Entry => ({
  shape: `\`NightlyStartTime\` ${shape}`,
  model: 'Nightly',
  news: 'none',
  configuration: () => ({ NightlyStartTime }),
  seen: { verdict: 'green' },
  ...more,
});

export const ZONES: readonly Entry[] = [
  night('as CMake writes it (`00:00:00 EDT`)', '00:00:00 EDT'),
  night('in small letters, without seconds (`21:00 est`)', '21:00 est'),
  night('without a zone (`03:30`)', '03:30'),
  night('with no blank before the zone (`09:00BST`)', '09:00BST'),
  night('with two blanks (`00:00:00  CEST`)', '00:00:00  CEST'),
  night('with an offset (`01:00:00 -0530`)', '01:00:00 -0530'),
  night('with the zone only (`JST`)', 'JST'),
  night('in quotes (`"22:00:00 PDT"`)', '"22:00:00 PDT"'),
  night('just before midnight (`23:59:59 UTC`)', '23:59:59 UTC'),
  night('that `ctest` cannot read (`07:00 MSK`)', '07:00 MSK', {
    seen: { verdict: 'green' },
    differs: {
      ...NOT_BUILT,
      because: '`ctest` takes it for 23:59:59 UTC without a word; a Nightly run stops here, with the line to write',
    },
  }),
  {
    shape: 'A commit of git after the night began',
    model: 'Nightly',
    configuration: () => ({ NightlyStartTime: '00:00 UTC' }),
    seen: { files: ['Updated file'], verdict: 'green' },
    differs: {
      files: [],
      revisions: ' #',
      tree: 'other',
      because:
        'what came after the night began is for the next one, in all systems; `ctest` does so for CVS and Subversion',
    },
  },
];
