export { publishBlocker } from './blockers.js';
export { type BuildPlan, planBuild, type PlannedNode, type PublishGroup } from './build-plan.js';
export { type BuildState, readBuildState, RelationIndex } from './build-state.js';
export { testCheck } from './gating-tests.js';
export { remainderOf } from './resume.js';
export { trashOf, trashPrefix, workbenchOf } from './schemas.js';
export { misfit, type View } from './promoted-views.js';
export { type PromoteChanges, type PromotedSchema, planPromote, type PromotePlan } from './promote-plan.js';
export { describeStep, planSteps, type PlanStep } from './steps.js';
