import { describe, expect, test } from 'vitest';
import { judge, refusalOf } from '../../src/etcd/refusal.js';

/** An error in the forms that gateways have had, of an answer and of a stream. */
function forms(message: string, code: number): string[] {
  return [
    // 3.4 and 3.5
    JSON.stringify({ error: message, message, code }),
    // From 3.6 on
    JSON.stringify({ code, message, details: [] }),
    JSON.stringify({ error: { grpc_code: code, http_code: 503, message, http_status: 'Service Unavailable' } }),
    JSON.stringify({ error: { code, message, details: [] } }),
  ];
}

describe('an error', () => {
  test.each([
    ['etcdserver: too many requests', 8, 'elsewhere', 'other'],
    ['etcdserver: rpc not supported for learner', 14, 'elsewhere', 'other'],
    ['etcdserver: request timed out', 14, 'unclear', 'other'],
    ['etcdserver: request timed out, possibly due to previous leader failure', 14, 'unclear', 'other'],
    ['etcdserver: leader changed', 14, 'unclear', 'other'],
    ['etcdserver: no leader', 14, 'unclear', 'other'],
    ['etcdserver: server stopped', 14, 'unclear', 'other'],
    ['raft proposal dropped', 2, 'unclear', 'other'],
    ['context deadline exceeded', 4, 'unclear', 'other'],
    ['transport is closing', 14, 'unclear', 'other'],
    ['etcdserver: invalid auth token', 16, 'token', 'login'],
    ['etcdserver: revision of auth store is old', 3, 'token', 'login'],
    ['etcdserver: user name is empty', 3, 'token', 'login'],
    ['etcdserver: authentication failed, invalid user ID or password', 3, 'refused', 'login'],
    ['etcdserver: permission denied', 7, 'refused', 'permission'],
    ['etcdserver: mvcc: database space exceeded', 8, 'refused', 'space'],
    ['etcdserver: request is too large', 3, 'refused', 'size'],
    ['grpc: received message larger than max (2500011 vs. 2097152)', 8, 'refused', 'size'],
    ['etcdserver: requested lease not found', 5, 'refused', 'lease'],
    ['etcdserver: lease already exists', 9, 'refused', 'lease'],
    ['etcdserver: mvcc: required revision has been compacted', 11, 'refused', 'compacted'],
    ['etcdserver: duplicate key given in txn request', 3, 'refused', 'other'],
    ['etcdserver: corrupt cluster', 15, 'refused', 'other'],
  ])('%j (%i) means %s', (message, code, meaning, reason) => {
    for (const text of forms(message, code)) {
      expect(refusalOf(500, text)).toEqual({ meaning, reason, message });
    }
  });

  test.each([
    ['rpc error: code = Unauthenticated desc = etcdserver: invalid auth token', 'token'],
    ['rpc error: code = PermissionDenied desc = etcdserver: permission denied', 'refused'],
    ['etcdserver: no leader', 'unclear'],
  ])('without a code, as of a watch, %j means %s', (message, meaning) => {
    expect(judge(undefined, message)).toMatchObject({ meaning });
  });

  test.each([
    [404, 'page not found', 'elsewhere'],
    [302, '', 'elsewhere'],
    [421, 'etcd received your request, but the Host header was unrecognized.', 'elsewhere'],
    [502, '<html>Bad Gateway</html>', 'unclear'],
    [504, '', 'unclear'],
    [200, '{"unexpected":true}', 'unclear'],
  ])('with status %i that is not of the gateway (%j) means %s', (status, text, meaning) => {
    expect(refusalOf(status, text)).toMatchObject({ meaning, reason: 'other' });
  });

  test('of a certificate that names a user is a matter of the login', () => {
    const text = 'CommonName of client sending a request against gateway will be ignored and not used as expected\n';
    expect(refusalOf(400, text)).toMatchObject({ meaning: 'refused', reason: 'login', message: text.trim() });
  });
});
