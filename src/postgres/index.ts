export {
  type Attached,
  type Attachment,
  changedSqlstate,
  grantLocksSince,
  prepareVerification,
  readAttached,
  readDefaultGrants,
  verify,
  verifyAll,
  verifyUnread,
  verifyView,
} from './attachments.js';
export { type Column, type Relation, type RelationKind, listSchemas, readColumns, readRelations, schemaExists } from './catalog.js';
export { type ConnectOptions, connect } from './connect.js';
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from './embedded/embedded-server.js';
export { lockHolder, tryLock, unlock } from './locks.js';
export { type OpenDatabase, openDatabase } from './open-database.js';
export { type ServerAddress, describeServer } from './server-address.js';
export { ConnectionLost, ServerError, isRetryable } from './server-error.js';
export {
  type SchemaGrant,
  type SchemaObject,
  type SchemaRights,
  readSchemaObjects,
  readSchemaRights,
  verifySchema,
} from './schema-contents.js';
export type { Notice, QueryResult, Row, Session, Value } from './session.js';
