/** The files that `dbl init` writes, by path: a project that builds at once, for it makes its data itself. */
export function starterProject(name: string): ReadonlyMap<string, string> {
  return new Map([
    ['dbluigi.config.ts', config.replace('NAME', JSON.stringify(name))],
    ['models/POPULATE-staging-agencies.sql', agencies],
    ['models/POPULATE-staging-monthly_reports.sql', monthlyReports],
    ['models/POPULATE-staging-yearly_offenses.sql', yearlyOffenses],
    ['models/properties.yaml', properties],
    ['macros/rates.njk', macros],
    ['tests/whole_years_only.sql', test],
    ['README.md', readme],
    ['.gitignore', gitignore],
  ]);
}

const config = `import { defineConfig, embedded } from 'dbluigi';

export default defineConfig({
  name: NAME,

  // A Postgres of the project's own, kept in .dbl/pg/ and started when it is needed. For a server of yours, write its URL
  // without the password ('postgres://me@db.example.org/crime') and put the password into PGPASSWORD, .env or ~/.pgpass;
  // or take the line out and set DBL_DATABASE_URL.
  database: embedded(),

  // Where tables are built: the models of "staging" go to the schema "staging_dev" until "dbl promote" puts it in the place
  // of "staging".
  targets: {
    staging_dev: { schemas: { staging: 'staging_dev' } },
  },

  // What var('first_year') gives in a template; --vars '{"first_year": 2020}' beats it.
  vars: { first_year: 2023 },
});
`;

const agencies = `-- The name of the file says what it is: the query that fills the table "agencies" of the schema "staging".
select *
from (
  values
    ('AL0010000', 'Birmingham Police Department', 209880),
    ('AK0010100', 'Anchorage Police Department', 291247),
    ('AZ0072300', 'Phoenix Police Department', 1608139),
    ('AR0600200', 'Little Rock Police Department', 202591)
) as agency (ori, name, population)
`;

const monthlyReports = `-- ref() names another model: dbl builds that one first, and reads it in the right schema.
select
  agency.ori,
  month::date as month,
  agency.population / 2000 + (extract(month from month)::integer * 7) % 12 as offenses
from {{ ref('agencies') }} as agency
cross join generate_series(
  date '{{ var('first_year') }}-01-01',
  date '2024-12-01',
  interval '1 month'
) as month
-- Anchorage has not sent the second half of 2024 yet.
where not (agency.ori = 'AK0010100' and month >= date '2024-07-01')
`;

const yearlyOffenses = `{{ config(indexes=[{ 'columns': ['ori', 'year'], 'unique': true }], tags=['api']) }}
-- Only agencies that reported all twelve months of a year: a sum over fewer would look like a drop in crime.
select
  agency.ori,
  agency.name,
  extract(year from report.month)::integer as year,
  sum(report.offenses) as offenses,
  {{ per_100k('sum(report.offenses)', 'agency.population') }} as offenses_per_100k
from {{ ref('monthly_reports') }} as report
join {{ ref('agencies') }} as agency on agency.ori = report.ori
group by agency.ori, agency.name, agency.population, extract(year from report.month)
having count(*) = 12
`;

const properties = `# What is known of the models, and what must be true of them. A table that fails a check is not published.
models:
  - name: agencies
    description: Agencies that report offenses.
    columns:
      - name: ori
        description: The identifier that the FBI gave to the agency.
        checks: [not_null, unique]
      - name: population
        checks:
          - expression:
              expression: population > 0

  - name: monthly_reports
    description: Offenses by agency and month, as reported.
    columns:
      - name: ori
        checks:
          - not_null
          - relationships:
              to: ref('agencies')
              field: ori

  - name: yearly_offenses
    description: Offenses by agency and year, of agencies that reported the whole year.
    checks:
      - row_count:
          min: 1
`;

const macros = `{# Every macro below macros/ can be called by its name in every template. #}
{% macro per_100k(count, population) -%}
round({{ count }} * 100000.0 / nullif({{ population }}, 0), 1)
{%- endmacro %}
`;

const test = `{{ config(description='a year is in yearly_offenses only where all its months were reported') }}
-- A test is a query for what must not be: each row is a failure.
select yearly.ori, yearly.year
from {{ ref('yearly_offenses') }} as yearly
join {{ ref('monthly_reports') }} as report
  on report.ori = yearly.ori and extract(year from report.month) = yearly.year
group by yearly.ori, yearly.year
having count(*) < 12
`;

const readme = `# A dbl project

    dbl build      build, check and publish all tables in staging_dev
    dbl ls --tree  what depends on what
    dbl show yearly_offenses
    dbl test       run the checks again
    dbl promote    put staging_dev in the place of staging

- \`models/\`: one file for each table, \`POPULATE-<schema>-<table>.sql\`, and what must be true of it, in \`properties.yaml\`
- \`tests/\`: queries whose rows are failures
- \`macros/\`: SQL that is used more than once
- \`dbluigi.config.ts\`: the database, and where tables are built
`;

const gitignore = `.dbl/
.env
node_modules/
`;
