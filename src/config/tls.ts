import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { didYouMean } from '../diagnostics/index.js';
import type { TlsParameters } from './database-url.js';
import type { SslOptions } from './define-config.js';
import type { TlsSettings } from './loaded-config.js';

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** A setting that cannot be used; `setting` is the parameter or the key to blame. */
export interface TlsProblem {
  readonly setting: string;
  readonly problem: string;
  readonly hint?: string | undefined;
}

type Tls = { readonly ssl: boolean | TlsSettings } | TlsProblem;

/**
 * libpq's settings. `allow` and `prefer` stay unencrypted, for there is no second try with the other kind of connection;
 * `require` encrypts without looking at the certificate, unless a root certificate is given, as in libpq; `verify-ca` looks
 * at the host's name too.
 */
export function tlsFromParameters(parameters: TlsParameters, folder: string): Tls {
  const { sslmode: mode = '', sslrootcert, sslcert, sslkey } = parameters;
  if (mode !== '' && !modes.includes(mode)) {
    const hint = didYouMean(mode, modes) ?? `The modes are ${modes.map((name) => `"${name}"`).join(', ')}.`;
    return { setting: 'sslmode', problem: 'is none of the modes of Postgres', hint };
  }
  if (mode === '' || mode === 'disable' || mode === 'allow' || mode === 'prefer') return { ssl: false };
  const ca = sslrootcert === 'system' ? undefined : sslrootcert;
  const rejectUnauthorized = mode !== 'require' || (sslrootcert !== undefined && sslrootcert !== '');
  return readFiles(rejectUnauthorized, { sslrootcert: ca, sslcert, sslkey }, folder, ['sslrootcert', 'sslcert', 'sslkey']);
}

/** The `ssl` field of the configuration. */
export function tlsFromField(ssl: boolean | SslOptions, folder: string): Tls {
  if (typeof ssl === 'boolean') return { ssl };
  const { rejectUnauthorized = true, ca, cert, key } = ssl;
  return readFiles(rejectUnauthorized, { ca, cert, key }, folder, ['ca', 'cert', 'key']);
}

/** @param names what the paths of the root certificate, the client's certificate and its key are called here */
function readFiles(
  rejectUnauthorized: boolean,
  paths: Readonly<Record<string, string | undefined>>,
  folder: string,
  names: readonly [string, string, string],
): Tls {
  const [ca, cert, key] = names;
  const given = (name: string): string | undefined => paths[name] || undefined;
  if ((given(cert) === undefined) !== (given(key) === undefined)) {
    const [there, missing] = given(cert) === undefined ? [key, cert] : [cert, key];
    return { setting: there, problem: `needs "${missing}" beside it`, hint: 'A certificate and its key belong together.' };
  }
  const texts: (string | undefined)[] = [];
  for (const name of names) {
    const path = given(name);
    try {
      texts.push(path === undefined ? undefined : readFileSync(resolve(folder, path), 'utf8'));
    } catch {
      return { setting: name, problem: `names a file that cannot be read: "${path}"`, hint: "Paths are relative to the project's folder." };
    }
  }
  if (rejectUnauthorized && texts.every((text) => text === undefined)) return { ssl: true };
  const [caText, certText, keyText] = texts;
  return {
    ssl: {
      rejectUnauthorized,
      ...(given(ca) === undefined ? {} : { ca: caText }),
      ...(given(cert) === undefined ? {} : { cert: certText, key: keyText }),
    },
  };
}
