/** Where tables are built and checked before anyone can see them: beside the physical schema. */
export function workbenchOf(physical: string): string {
  return `${physical}__work`;
}

/** Where a run moves the tables that it replaces, until nobody can see them any more. */
export function trashOf(physical: string, runId: string): string {
  return `${trashPrefix(physical)}${runId.replaceAll('-', '').slice(-12)}`;
}

export function trashPrefix(physical: string): string {
  return `${physical}__trash_`;
}

/** Where promote keeps the old production. */
export function previousOf(logical: string): string {
  return `${logical}__previous`;
}
