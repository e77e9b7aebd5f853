export { compileProject } from './compile-project.js';
export { widen } from './compile-sql.js';
export type * from './compiled-project.js';
export { manifest, nodeRecord } from './manifest.js';
export { modelId } from './name-lookup.js';
export { type PlacedSql, placedSql, productionPlacement, targetPlacement } from './placement.js';
