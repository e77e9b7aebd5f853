import { type Code, compare, type Diagnostic, error } from '../diagnostics/index.js';
import { type LoadedConfig, physicalSchema, type Target } from './loaded-config.js';

/** Postgres allows 63 bytes; `__trash_` and the 12 digits of a run must fit behind a physical schema's name. */
const mostBytes = 40;
/** What dbl itself makes beside a physical schema, and what promoting leaves behind. */
const ownNames = /__work$|__previous(?:_\d+)?$|__trash_/;

interface NameProblem {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string;
}

type SchemaConfig = Pick<LoadedConfig, 'target' | 'file'>;

/** Why a schema of this name cannot be built into, in whatever target; undefined: it can. */
export function schemaNameProblem(name: string): NameProblem | undefined {
  if (name === '') return unusable('the name of a schema must not be empty', 'Write the name of a schema in the database.');
  const bytes = Buffer.byteLength(name);
  if (bytes > mostBytes) {
    return unusable(
      `the physical schema "${name}" has a name of ${bytes} bytes, and ${mostBytes} are the most`,
      `Postgres allows 63, and dbl makes schemas such as "<name>__trash_0123456789ab" beside it.`,
    );
  }
  if (name === 'dbluigi') return unusable('the schema "dbluigi" is the one where dbl keeps its records', 'Choose another name.');
  if (name.startsWith('pg_') || name === 'information_schema') {
    return unusable(`the schema "${name}" is one of Postgres's own`, 'Choose another name.');
  }
  if (ownNames.test(name)) {
    return unusable(
      `the schema "${name}" has a name that dbl keeps for itself`,
      'Names that end in "__work" or "__previous", or contain "__trash_", are for the schemas that dbl makes and drops.',
    );
  }
  return undefined;
}

function unusable(message: string, hint: string): NameProblem {
  return { code: 'DBL1014', message, hint };
}

/** Said of a schema of production that a target without `inPlace` would write to. */
export function inPlaceProblem(targetName: string, schema: string): NameProblem {
  return {
    code: 'DBL1016',
    message: `the target "${targetName}" would build "${schema}" straight into production`,
    hint: `Give it another physical schema and promote, or say "inPlace: true" in the target if you mean it.`,
  };
}

/**
 * What is wrong with the physical schema of one logical schema in the chosen target, by mapping or by suffix;
 * undefined: nothing. The same rules as for the names in the configuration.
 */
export function checkPhysicalSchema(config: SchemaConfig, logical: string): Diagnostic | undefined {
  const { target } = config;
  const physical = physicalSchema(target, logical);
  const problem =
    schemaNameProblem(physical) ??
    (physical === logical && !target.inPlace ? inPlaceProblem(target.name, logical) : undefined);
  return problem && toDiagnostic(config, problem);
}

/** Checks every logical schema of a project, and that no two of them meet in one physical schema. */
export function checkPhysicalSchemas(config: SchemaConfig, logical: Iterable<string>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const names = [...new Set(logical)].toSorted(compare);
  const owners = new Map<string, string>();
  for (const name of names) {
    const own = checkPhysicalSchema(config, name);
    if (own !== undefined) diagnostics.push(own);
    const meeting = meetingProblem(config.target, name, names, owners);
    if (meeting !== undefined) diagnostics.push(toDiagnostic(config, meeting));
  }
  return diagnostics;
}

/** @param owners the physical schemas seen so far and the logical ones that they belong to; `logical` is added. */
function meetingProblem(
  target: Target,
  logical: string,
  all: readonly string[],
  owners: Map<string, string>,
): NameProblem | undefined {
  const physical = physicalSchema(target, logical);
  const owner = owners.get(physical);
  owners.set(physical, owner ?? logical);
  if (owner !== undefined) return sharedSchemaProblem(target.name, owner, logical, physical);
  return physical !== logical && all.includes(physical) ? foreignProductionProblem(target.name, logical, physical) : undefined;
}

export function sharedSchemaProblem(targetName: string, first: string, second: string, physical: string): NameProblem {
  return {
    code: 'DBL1015',
    message: `in the target "${targetName}" both "${first}" and "${second}" are built into the schema "${physical}"`,
    hint: 'Give each logical schema a physical one of its own.',
  };
}

export function foreignProductionProblem(targetName: string, logical: string, physical: string): NameProblem {
  return {
    code: 'DBL1015',
    message: `in the target "${targetName}" the schema "${logical}" is built into "${physical}", which is production of the schema of that name`,
    hint: `Choose a name that no logical schema has.`,
  };
}

function toDiagnostic(config: SchemaConfig, problem: NameProblem): Diagnostic {
  return error(problem.code, problem.message, config.file?.path, { hint: problem.hint });
}
