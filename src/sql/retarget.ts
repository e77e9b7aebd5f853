import type { Edit, QualifiedColumn, TableReference } from './parsed-sql.js';
import { relationName } from './quoting.js';

const wordEnd = /[\w$\u0080-\uffff]$/;
const wordStart = /^[\w$\u0080-\uffff]/;

type Reference = Pick<TableReference, 'start' | 'end' | 'name'> | Pick<QualifiedColumn, 'start' | 'end' | 'table'>;

/**
 * The edit of `text` that makes a reference name its relation in another schema. A space goes where a name that loses its quotes would
 * otherwise run into its neighbour, as in `from"staging"."a"where`.
 */
export function retarget(text: string, reference: Reference, schema: string): Edit {
  const { start, end } = reference;
  const name = relationName(schema, 'name' in reference ? reference.name : reference.table);
  const touchesBefore = wordEnd.test(text.slice(Math.max(0, start - 1), start)) && wordStart.test(name);
  const touchesAfter = wordStart.test(text.slice(end, end + 1)) && wordEnd.test(name);
  return { start, end, replacement: `${touchesBefore ? ' ' : ''}${name}${touchesAfter ? ' ' : ''}` };
}
