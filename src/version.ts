// Made by scripts/tables.mjs of package.json: change that.
export const VERSION = '0.2.0';
