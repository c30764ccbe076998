import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AttemptRecord, Notice } from '@openevolve-aws/job-spec';
import type { InstanceMetadata } from './instance-metadata.ts';
import { readNotice } from './notice-file.ts';

/** Where an attempt learns that its machine will be taken. */
export interface NoticeSource {
  readonly kind: AttemptRecord['noticeSource'];
  read(): Promise<Notice | null>;
}

/**
 * The host's file where the host keeps one, or else the instance metadata where it is reachable, or
 * else nothing.
 *
 * @param file the path of the host's file; its folder is there when the host keeps one.
 * @param metadata of this instance.
 */
export async function findNoticeSource(
  file: string | undefined,
  metadata: InstanceMetadata,
): Promise<NoticeSource> {
  if (file !== undefined && (await exists(dirname(file)))) {
    return { kind: 'host file', read: () => readNotice(file) };
  }
  if (await metadata.isReachable()) {
    return { kind: 'metadata', read: () => metadata.notice() };
  }
  return { kind: 'none', read: async () => null };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
