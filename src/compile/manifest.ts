import { relationName } from '../sql/index.js';
import type { CompiledProject, ProjectNode } from './compiled-project.js';
import { targetPlacement } from './placement.js';

/** What `dbl ls --output json` gives for a node; see DESIGN, section 9. */
export interface NodeRecord {
  readonly id: string;
  readonly kind: string;
  readonly schema: string | null;
  readonly name: string;
  readonly materialized: string | null;
  readonly file: string;
  readonly depends_on: readonly { readonly id: string; readonly via: string }[];
  readonly tags: readonly string[];
}

export function nodeRecord(node: ProjectNode): NodeRecord {
  return {
    id: node.id,
    kind: node.kind,
    schema: node.kind === 'test' ? null : node.schema,
    name: node.name,
    materialized: node.kind === 'model' ? node.materialized : null,
    file: node.file,
    depends_on: node.dependsOn.map(({ id, via }) => ({ id, via })),
    tags: node.tags,
  };
}

/** What `.dbl/manifest.json` holds: everything that dbl understood of the project. */
export function manifest(project: CompiledProject): unknown {
  const place = targetPlacement(project);
  const nodes = [...project.graph.values()].map((node) => {
    const record = nodeRecord(node);
    if (node.kind === 'test') return { ...record, severity: node.severity, description: node.description ?? null };
    const { schema, name } = place(node.id);
    const described = { ...record, relation: relationName(schema, name), description: node.description ?? null };
    if (node.kind === 'source') return described;
    const columns = node.columns.map((column) => ({ name: column.name, description: column.description ?? null }));
    const checks = node.checks.map(({ id, kind, severity, description }) => ({
      id,
      kind,
      severity,
      description: description ?? null,
    }));
    return { ...described, fingerprint: node.fingerprint, columns, indexes: node.indexes, checks };
  });
  return { version: 1, project: project.config.name, target: project.config.target.name, nodes };
}
