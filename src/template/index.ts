export { dynamic, type Rendered, type StaticCall, type TemplateFunction, TemplateMistake, TemplateMistakes } from './rendered.js';
export type { Template } from './template.js';
export { TemplateEngine } from './template-engine.js';
