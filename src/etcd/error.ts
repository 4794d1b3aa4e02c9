/**
 * What became of a call that failed.
 *
 * - `unavailable`: nothing has been carried out, and nothing will be: no member could be reached, or each refused for now. It is
 *   safe to repeat the call.
 * - `uncertain`: a change was sent and its answer was lost. The change may have been carried out, not be carried out, or be
 *   carried out later: a member that was stopped goes on with what it had received. The caller reads back, by a nonce, and
 *   makes its changes with a comparison that a late one cannot pass.
 * - `refused`: etcd has answered with an error that a repetition does not change.
 */
export type Failure = 'unavailable' | 'uncertain' | 'refused';

/**
 * Why etcd refuses, as far as it matters to a program.
 *
 * `space`: the database is full and only a person can help. The one request that crossed the limit may have been carried out,
 * since etcd looks after it has written; so read back before you believe that nothing was written.
 */
export type RefusalReason = 'login' | 'permission' | 'space' | 'size' | 'lease' | 'compacted' | 'other';

/** A call of etcd that failed. Its message names the members and what each has said, on one line without controls. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly kind: Failure;
  /** Only of what is `refused`. */
  readonly reason: RefusalReason | undefined;

  constructor(kind: Failure, message: string, reason?: RefusalReason) {
    super(message);
    this.kind = kind;
    this.reason = reason;
  }
}
