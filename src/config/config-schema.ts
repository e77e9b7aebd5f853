import { z } from 'zod';
import type { Config } from './define-config.js';

/*
 * Every `error` below is not a message but the phrase that follows `must be`: `"threads" must be a whole number from 1
 * to 256, not "four"`. What zod itself would say is never shown.
 */

const text = (phrase: string) => z.string({ error: phrase }).min(1, { error: phrase });

const namePhrase = 'non-empty text';

/** Leaf values that variables may have; anything else could neither be rendered nor be part of a fingerprint. */
const variablePhrase = 'text, a number, true, false, null, or a list or object of these';

const variables = z.record(z.string(), z.unknown(), { error: 'an object of variables' }).superRefine((values, context) => {
  const visit = (value: unknown, path: readonly (string | number)[], ancestors: readonly unknown[]): void => {
    if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') return;
    if (typeof value === 'number' && Number.isFinite(value)) return;
    const nested = ancestors.includes(value) ? undefined : entriesOf(value);
    if (nested === undefined) context.addIssue({ code: 'custom', path: [...path], message: variablePhrase });
    else for (const [key, child] of nested) visit(child, [...path, key], [...ancestors, value]);
  };
  for (const [name, value] of Object.entries(values)) visit(value, [name], []);
});

/** undefined: neither a list nor a plain object. */
function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item] as const);
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? Object.entries(value) : undefined;
}

const certificate = text('the path of a PEM file').optional();

const sslOptions = z.strictObject({
  rejectUnauthorized: z.boolean({ error: 'true or false' }).optional(),
  ca: certificate,
  cert: certificate,
  key: certificate,
});

const portPhrase = 'a whole number from 1 to 65535';
const hostPhrase = 'the name of a host, or the folder of a socket';

const databaseFields = z.strictObject({
  host: text(hostPhrase)
    .refine((host) => !host.includes('://'), { error: hostPhrase })
    .optional(),
  port: z.int({ error: portPhrase }).min(1, { error: portPhrase }).max(65535, { error: portPhrase }).optional(),
  user: text(namePhrase).optional(),
  password: z.string({ error: 'text' }).optional(),
  database: text(namePhrase).optional(),
  ssl: z.union([z.boolean(), sslOptions], { error: 'true, false or an object of certificates' }).optional(),
});

const embeddedDatabase = z.strictObject({ embedded: z.literal(true, { error: 'true' }) });

const database = z
  .union([z.string(), databaseFields, embeddedDatabase], {
    error: 'a URL, an object of connection fields, or embedded()',
  })
  .optional();

const schemaPhrase = 'the name of a schema';

const target = z.strictObject(
  {
    database,
    schemas: z
      .record(z.string(), z.string({ error: schemaPhrase }), { error: 'an object from logical schemas to physical ones' })
      .optional(),
    suffix: z.string({ error: 'text' }).optional(),
    vars: variables.optional(),
    inPlace: z.boolean({ error: 'true or false' }).optional(),
  },
  { error: "an object of a target's settings" },
);

const undeclaredSources = ['error', 'warn', 'allow'] as const;
const threadsPhrase = 'a whole number from 1 to 256';

/** Its own type and the public `Config` are kept equal by the compiler. */
export const configSchema = z.strictObject({
  name: text(namePhrase).optional(),
  database,
  targets: z.record(z.string(), target, { error: 'an object of targets' }).optional(),
  defaultTarget: text(namePhrase).optional(),
  vars: variables.optional(),
  searchPath: z.array(text(schemaPhrase), { error: 'a list of schemas' }).optional(),
  undeclaredSources: z.enum(undeclaredSources, { error: '"error", "warn" or "allow"' }).optional(),
  threads: z.int({ error: threadsPhrase }).min(1, { error: threadsPhrase }).max(256, { error: threadsPhrase }).optional(),
  comments: z.boolean({ error: 'true or false' }).optional(),
}) satisfies z.ZodType<Config>;

/** Words that a value at a path may be, for spelling hints. */
export const allowedWords: Readonly<Record<string, readonly string[]>> = { undeclaredSources };

export const keys = {
  config: Object.keys(configSchema.shape),
  target: Object.keys(target.shape),
  database: Object.keys(databaseFields.shape),
  ssl: Object.keys(sslOptions.shape),
} as const;
