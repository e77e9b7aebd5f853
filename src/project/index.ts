export { loadProject } from './load-project.js';
export type { CheckProperties, ModelProperties, Placed, ProjectFiles } from './project-files.js';
