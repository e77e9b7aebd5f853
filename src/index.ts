export {
  type Config,
  type DatabaseFields,
  type EmbeddedDatabase,
  type SslOptions,
  type TargetConfig,
  defineConfig,
  embedded,
  // Not through the room's index: a configuration must not load what reads configurations.
} from './config/define-config.js';
export type { Code, DiagnosticRecord, Severity } from './diagnostics/index.js';
