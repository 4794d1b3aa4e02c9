import * as z from 'zod/mini';
import { configSchema } from './schema.js';

/** The JSON Schema of `stagelock.toml` for editors (Taplo, Even Better TOML), which know draft 7. */
export function jsonSchema(): object {
  return z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' });
}
