import { array, boolean, object, optional, string, type TypeOf, value } from '../records/schema.js';
import { decoded, type Entry } from './entry.js';

/*
 * What members answer. Their JSON leaves out what is zero, false or empty, has numbers of 64 bits as strings, and bytes as
 * base64. Members that are not ours can say anything, so nothing is used before its check.
 */

const int64 = string(/^-?\d{1,20}$/);
const base64 = string(/^[A-Za-z0-9+/]*={0,2}$/);

const HEADER = object({ revision: optional(int64), cluster_id: optional(int64) });

/** What nearly every answer begins with. */
export const HEADED = object({ header: object({ cluster_id: int64 }) });

const KEY_VALUE = object({
  key: base64,
  value: optional(base64),
  create_revision: optional(int64),
  mod_revision: optional(int64),
  version: optional(int64),
  lease: optional(int64),
});

export const RANGE = object({
  header: optional(HEADER),
  kvs: optional(array(KEY_VALUE)),
  more: optional(boolean),
  count: optional(int64),
});

const RESPONSE = object({
  response_range: optional(RANGE),
  response_put: optional(object({})),
  response_delete_range: optional(object({ deleted: optional(int64) })),
});

export const TRANSACTION = object({
  header: HEADER,
  succeeded: optional(boolean),
  responses: optional(array(RESPONSE)),
});

export const GRANTED = object({ ID: int64, TTL: int64 });
export const TIME_TO_LIVE = object({ TTL: optional(int64), grantedTTL: optional(int64) });
export const REVOKED = object({ header: optional(HEADER) });
export const AUTHENTICATED = object({ token: string(/^[\x21-\x7e]+$/, 64 * 1024) });

/** Of a stream, each line has what was asked for as its `result`, or an error. */
export const RENEWED = object({ result: object({ ID: int64, TTL: optional(int64) }) });

export const WATCHED = object({
  result: object({
    header: optional(HEADER),
    created: optional(boolean),
    canceled: optional(boolean),
    compact_revision: optional(int64),
    cancel_reason: optional(string()),
    events: optional(array(object({ type: optional(string()), kv: KEY_VALUE }))),
  }),
});

export type Watched = TypeOf<typeof WATCHED>['result'];

export const STATUS = object({
  header: object({ cluster_id: int64, member_id: int64, revision: optional(int64) }),
  version: string(undefined, 64),
  dbSize: optional(int64),
  dbSizeInUse: optional(int64),
  leader: optional(int64),
  raftIndex: optional(int64),
  raftTerm: optional(int64),
  isLearner: optional(boolean),
  errors: optional(array(string(undefined, 4096))),
});

export const CLUSTER = object({ members: array(object({ ID: optional(int64) })) });

/** Some versions say the kind of an alarm by its number. */
const ALARM = value(
  (each): each is string | number => typeof each === 'number' || (typeof each === 'string' && each.length < 64),
);
export const ALARMS = object({
  alarms: optional(array(object({ memberID: optional(int64), alarm: optional(ALARM) }))),
});

export function entryOf(kv: TypeOf<typeof KEY_VALUE>): Entry {
  return {
    key: decoded(kv.key),
    value: decoded(kv.value ?? ''),
    createRevision: kv.create_revision ?? '0',
    modRevision: kv.mod_revision ?? '0',
    version: kv.version ?? '0',
    lease: kv.lease ?? '0',
  };
}
