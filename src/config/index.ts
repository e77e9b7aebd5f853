export { describeConnection, defaultThreads } from './describe-connection.js';
export * from './define-config.js';
export { loadConfig, type LoadConfigOptions } from './load-config.js';
export * from './loaded-config.js';
export { checkPhysicalSchema, checkPhysicalSchemas } from './physical-schemas.js';
