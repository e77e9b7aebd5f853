import { createHash } from 'node:crypto';

/** SHA-256, in hexadecimal, over the parts and their lengths: `['ab', 'c']` and `['a', 'bc']` differ. */
export function fingerprint(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}
