export { build, type BuildOptions } from './build.js';
export type { RunContext, RunOutcome } from './context.js';
export { diagnose, type Finding } from './doctor.js';
export type * from './events.js';
export { nodeHistory, runHistory } from './history.js';
export { promote } from './promote.js';
export { publishHeld } from './publish-held.js';
export { show } from './show.js';
export { test } from './test-target.js';
