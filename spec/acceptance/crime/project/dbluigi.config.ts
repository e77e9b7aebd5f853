import { defineConfig } from 'dbluigi';

export default defineConfig({
  name: 'crime',
  targets: { reporting_dev: { schemas: { reporting: 'reporting_dev' } } },
  // The tables of the source are named without a schema in places, as in SQL that was written for psql.
  searchPath: ['ucr'],
  vars: { per: 100000 },
});
