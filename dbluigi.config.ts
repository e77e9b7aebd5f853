import { defineConfig, embedded } from 'dbluigi';

// The example project of the README: crime statistics, from what police agencies report month by month. The data are invented.
export default defineConfig({
  name: 'crime-statistics',

  // A Postgres that came with "npm ci", kept in .dbl/pg/. DBL_DATABASE_URL beats it: then the tables are built on that server.
  database: embedded(),

  // "raw" holds what agencies and states send in, "staging" what is made of it. In this target they are the schemas raw_dev
  // and staging_dev; "dbl promote" puts these in the place of raw and staging, which people and programs read.
  targets: {
    staging_dev: { schemas: { raw: 'raw_dev', staging: 'staging_dev' } },
  },

  // The years that the statistics cover: var('first_year') in a template. --vars '{"first_year": 2022}' beats it.
  vars: { first_year: 2020, last_year: 2023 },

  // Descriptions of tables and columns become comments in the database.
  comments: true,
});
