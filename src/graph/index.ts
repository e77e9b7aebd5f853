export { cycleDiagnostic, findCycles } from './cycles.js';
export { publishGroups } from './components.js';
export type { Dependency, Graph, GraphNode, NodeId } from './node.js';
export { select } from './select.js';
export { ancestors, descendants, topologicalOrder } from './order.js';
