export { readNodeHistory, readRuns } from './history.js';
export { appliedMigrations, auditSchema, migrateAudit } from './migrations.js';
export * from './records.js';
export * from './runs.js';
export * from './state.js';
