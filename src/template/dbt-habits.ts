/** What people write who know dbt and Jinja, and what takes its place here; each is the hint of a diagnostic. */

const noQueries = 'Templates are rendered without a database: put what is asked of it into the SQL.';
const notHere = 'That is of dbt. Templates of dbl have ref, source, config, var, env_var, this and target.';

const names: ReadonlyMap<string, string> = new Map([
  ['adapter', noQueries],
  ['execute', 'A template is rendered once, and without a database: take the condition out.'],
  ['graph', notHere],
  ['load_result', noQueries],
  ['run_query', noQueries],
  ['statement', noQueries],
  ['doc', 'Doc blocks are for descriptions, in .yaml files.'],
  ['exceptions', 'Templates cannot raise errors: write a check in a .yaml file, or a test below "tests".'],
  ['flags', notHere],
  ['invocation_id', notHere],
  ['log', 'Templates write SQL and nothing else: take it out.'],
  ['model', 'Write "this" for the table itself.'],
  ['modules', notHere],
  ['print', 'Templates write SQL and nothing else: take it out.'],
  ['project_name', notHere],
  ['return', 'What a macro prints is what it gives back: write "{{ … }}".'],
  ['run_started_at', 'Write "now()" in the SQL.'],
]);

const tags: ReadonlyMap<string, string> = new Map([
  ['break', 'A loop always runs to its end: put an "{% if %}" into it.'],
  ['continue', 'A loop always runs to its end: put an "{% if %}" into it.'],
  ['data_test', 'A test is a file below "tests" with one query, whose rows are the failures.'],
  ['do', 'Write "{% set _ = … %}" to evaluate without printing.'],
  ['docs', 'Doc blocks stand in .md files.'],
  ['materialization', 'A model is a table or a view: config(materialized=…) says which.'],
  ['snapshot', 'Snapshots are not supported by this version of dbl.'],
  ['test', 'A test is a file below "tests" with one query, whose rows are the failures.'],
  ['with', 'Write a "{% set %}" for each name.'],
]);

const filters: ReadonlyMap<string, string> = new Map([
  ['as_bool', 'Take it out.'],
  ['as_native', 'Take it out.'],
  ['as_number', 'Take it out.'],
  ['as_text', 'Take it out.'],
  ['count', 'Write "length".'],
  ['format', 'Join the parts with "~".'],
  ['items', 'Write "{% for key, value in … %}" for a loop over all.'],
  ['map', 'Write a "{% for %}" loop.'],
  ['tojson', 'Write "dump".'],
]);

export function habitualName(name: string): string | undefined {
  const isPackage = name === 'dbt' || name.startsWith('dbt_');
  return isPackage ? 'Packages of dbt are not read: write the SQL itself, or a macro of your own below "macros".' : names.get(name);
}

export function habitualTag(name: string): string | undefined {
  return tags.get(name);
}

export function habitualFilter(name: string): string | undefined {
  return filters.get(name);
}
