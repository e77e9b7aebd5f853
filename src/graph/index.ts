export { type Cycle, type CycleStep, cycleDiagnostic, findCycles } from './cycles.js';
export { type Edge, publishGroups } from './components.js';
export type { Dependency, Graph, GraphNode, NodeId, NodeKind, Via } from './node.js';
export { type Selection, select } from './select.js';
export { ancestors, descendants, topologicalOrder } from './order.js';
