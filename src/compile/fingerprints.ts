import type { NodeId } from '../graph/index.js';
import { fingerprint } from '../sql/index.js';
import type { ModelIndex } from './compiled-project.js';

/** Raised when dbl would build something else from the same SQL, so that older tables count as out of date. */
const buildVersion = '1';

/** What of a model goes into its fingerprint, besides its parents. */
export interface FingerprintParts {
  readonly id: NodeId;
  readonly materialized: string;
  readonly text: string;
  readonly indexes: readonly ModelIndex[];
}

/**
 * What a model is built from, as one hash: its SQL as rendered (so macros and variables count), how it is materialized,
 * and the fingerprints of what it reads (so a change far upstream counts). `parents` are in a fixed order.
 */
export function modelFingerprint(model: FingerprintParts, parents: readonly string[]): string {
  const { id, materialized, text, indexes } = model;
  return fingerprint([buildVersion, id, materialized, text, JSON.stringify(indexes), ...parents]);
}
