import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AttemptRecord } from '@openevolve-aws/job-spec';
import { startInstanceMetadata } from '@openevolve-aws/test-servers';

/** How long an attempt has run when its notice comes. */
const AFTER_MS = 8_000;

/** A notice for one attempt. */
export interface PreparedNotice {
  /** What tells the attempt where notices come from. */
  readonly variables: Readonly<Record<string, string>>;
  /** Settles when the notice has been given. */
  give(): Promise<void>;
  /** When that was, in milliseconds since 1970. */
  givenAt(): number;
  withdraw(): Promise<void>;
}

export interface NoticeGiver {
  readonly kind: AttemptRecord['noticeSource'];
  /** @param seconds from the notice to the end of the machine. */
  prepare(seconds: number): Promise<PreparedNotice>;
}

/** The file that the host of a Spot machine writes. */
export function hostFile(): NoticeGiver {
  return {
    kind: 'host file',
    async prepare(seconds) {
      const file = join(await mkdtemp(join(tmpdir(), 'notice-')), 'notice.json');
      let givenAt = 0;
      return {
        variables: { OPENEVOLVE_NOTICE_FILE: file },
        givenAt: () => givenAt,
        async give() {
          await delay(AFTER_MS);
          givenAt = Date.now();
          const time = new Date(givenAt + seconds * 1000).toISOString();
          await writeFile(`${file}.part`, JSON.stringify({ action: 'terminate', time }));
          await rename(`${file}.part`, file);
        },
        withdraw: async () => undefined,
      };
    },
  };
}

/** AWS's own emulator of the instance metadata service. */
export function instanceMetadata(): NoticeGiver {
  return {
    kind: 'metadata',
    async prepare(seconds) {
      const givenAt = Date.now() + AFTER_MS;
      const time = `${new Date(givenAt + seconds * 1000).toISOString().slice(0, 19)}Z`;
      const flags = ['--action', 'terminate', '-d', String(AFTER_MS / 1000), '-t', time];
      const emulator = await startInstanceMetadata(flags);
      return {
        variables: {
          OPENEVOLVE_NOTICE_FILE: '',
          AWS_EC2_METADATA_SERVICE_ENDPOINT: emulator.url,
        },
        givenAt: () => givenAt,
        give: () => delay(Math.max(0, givenAt - Date.now())),
        withdraw: () => emulator.stop(),
      };
    },
  };
}
