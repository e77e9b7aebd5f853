/** How the user calls dbl, for what we tell them to type next: `npx dbl` where it came through npx. */
export function commandPrefix(): string {
  return process.env['npm_command'] === 'exec' ? 'npx dbl' : 'dbl';
}
