import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The commit that a folder's checkout is at; undefined where there is no checkout, or no git. */
export async function gitCommit(folder: string): Promise<string | undefined> {
  try {
    const { stdout } = await execute('git', ['rev-parse', 'HEAD'], { cwd: folder, timeout: 2000 });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
