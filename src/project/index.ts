export { loadProject } from './load-project.js';
export type {
  CheckOptions,
  CheckProperties,
  ColumnProperties,
  ModelFile,
  ModelProperties,
  Placed,
  ProjectFiles,
  Properties,
  SourceProperties,
  SourceTableProperties,
  TestFile,
} from './project-files.js';
