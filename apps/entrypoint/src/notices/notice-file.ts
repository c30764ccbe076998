import { readFile } from 'node:fs/promises';
import { type Notice, noticeSchema } from '@openevolve-aws/job-spec';

/** The notice that the host has written, or null. A file that is not whole yet counts as none. */
export async function readNotice(path: string): Promise<Notice | null> {
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  if (content === null) {
    return null;
  }
  try {
    return noticeSchema.parse(JSON.parse(content));
  } catch {
    return null;
  }
}
