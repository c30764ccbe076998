import { readdir } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { LocalMachine, until } from '../../tests/local-machine.ts';

let machine: LocalMachine;

afterEach(() => machine.close());

it('fails a job whose entrypoint is not there, for good and with a record that can be read', async () => {
  machine = await LocalMachine.open('2', '/no/such/entrypoint');
  const { batchJobId } = await machine.submit('succeeds');
  const job = await machine.inState(batchJobId, 'FAILED');
  expect(job.statusReason).toBe('could not be started: spawn /no/such/entrypoint ENOENT');
  expect(job.attempts).toMatchObject([
    { number: 1, exitCode: null, reason: job.statusReason, stoppedAt: expect.any(String) },
  ]);
  expect(await machine.log(job.jobId)).toEqual([]);
});

it('leaves no folder and no notice of an ended job behind', async () => {
  machine = await LocalMachine.open();
  const { batchJobId } = await machine.running('sleeps');
  await machine.backend.interrupt(batchJobId, 120);
  await machine.backend.terminate(batchJobId, 'enough');
  await machine.inState(batchJobId, 'FAILED');
  await until('no files', async () =>
    (
      await Promise.all([machine.home.work, machine.home.notices].map((folder) => readdir(folder)))
    ).every((names) => names.length === 0),
  );
});
