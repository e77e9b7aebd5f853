export { type DblResult, type RunningDbl, runDbl, spawnDbl } from './run-dbl.js';
export { type TestDatabase, createTestDatabase, openSession, testServer } from './test-database.js';
export { type TestProject, withProject } from './test-project.js';
