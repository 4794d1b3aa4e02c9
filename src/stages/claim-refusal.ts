import type { Claim } from '../updates/claim.js';

/** Why a run may not touch its source. */
export type ClaimRefusal =
  /** Another primary has claimed it. */
  | { readonly kind: 'claimed'; readonly file: string; readonly claim: Claim }
  /** This build directory is a copy of that of the primary which has claimed it. */
  | { readonly kind: 'copy'; readonly file: string; readonly claim: Claim }
  /** Something stands in the place of the claim, or of the primary's own copy of it. */
  | { readonly kind: 'unreadable'; readonly file: string; readonly why: string }
  /** This user may not write the claim; a user who may can copy `own` there. */
  | { readonly kind: 'unwritable'; readonly file: string; readonly own: string; readonly why: string };
