import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** All temporary files of a suite, those of killed processes too, are in one folder that goes with it. */
export default function temporaryFolder(): () => void {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'suite-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
