import type { Server } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, describe } from 'vitest';
import { defineCases } from '../src/testing/contract/define-cases.ts';
import { objectStoreContract } from '../src/testing/contract.ts';
import { differences, type S3ServerName } from './differences.ts';
import { s3Cases } from './s3-cases.ts';
import { makeBucket } from './s3-fixture.ts';

/** All that is expected of S3, on one server. */
export function s3Suite(name: S3ServerName, start: () => Promise<Server>): void {
  describe(`S3Store on ${name}`, () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    }, 60_000);
    afterAll(async () => {
      await server?.stop();
    });
    const { contract, s3 } = differences[name];
    objectStoreContract(name, async () => (await makeBucket(server)).store, contract);
    describe(`${name}: what is relied on beyond it`, () => {
      defineCases(s3Cases, () => makeBucket(server), s3);
    });
  });
}
