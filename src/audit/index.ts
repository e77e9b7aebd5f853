export { readNodeHistory, readRuns } from './history.js';
export { appliedMigrations, migrateAudit } from './migrations.js';
export { endOrphans, endSession, mustHoldLocks, readEndedWell, readPromoted, sessionName } from './lost-runs.js';
export * from './records.js';
export * from './runs.js';
export * from './state.js';
