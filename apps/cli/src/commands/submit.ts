import type { SubmissionPlan, SubmitRequest, SubmittedJob } from '@openevolve-aws/batch-client';
import type { Settings } from '@openevolve-aws/job-spec';
import { Command, Option } from 'clipanion';
import type { OpenedBackend } from '../open-backend.ts';
import { JobCommand } from './job-command.ts';

export class SubmitCommand extends JobCommand {
  static override paths = [['submit']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Submit a program and its evaluator as a job.',
    details: `
      Uploads the files and starts the job, then prints how to follow it. Nothing is written when
      a file or a flag cannot be used.

      Files that the evaluator needs beside it come along with --include, files and folders at or
      below the evaluator's folder; they keep their place relative to it.

      On this machine, without GEMINI_API_KEY or OPENAI_API_KEY in the environment, or a key that
      the config names, programs come from the offline model: a seeded search that needs no key and
      is not an LLM.
    `,
    examples: [
      [
        'Submit a job of 100 iterations',
        '$0 submit --program initial_program.py --evaluator evaluator.py --iterations 100',
      ],
      [
        'With a data folder, and at most 5 dollars for models',
        '$0 submit --program initial_program.py --evaluator evaluator.py --include data --max-usd 5',
      ],
      [
        'See what would be uploaded and submitted',
        '$0 submit --program initial_program.py --evaluator evaluator.py --dry-run',
      ],
      [
        'Run it on this machine',
        '$0 submit --local --program initial_program.py --evaluator evaluator.py --iterations 20',
      ],
    ],
  });

  program = Option.String('--program', { description: 'The program to evolve.' });
  evaluator = Option.String('--evaluator', {
    description: 'The Python file whose evaluate(path) scores a program.',
  });
  config = Option.String('--config', { description: "OpenEvolve's config.yaml." });
  include = Option.Array('--include', {
    description: 'Files and folders that the evaluator needs; several may follow.',
  });
  moreIncluded = Option.Rest({ name: 'PATH' });
  requirements = Option.String('--requirements', {
    description: 'A requirements.txt of what program and evaluator import.',
  });
  iterations = Option.String('--iterations', {
    description: 'How many iterations in all, over all attempts (100).',
  });
  targetScore = Option.String('--target-score', {
    description: 'The job is done when a program scores this much.',
  });
  timeout = Option.String('--timeout', {
    description:
      'How long the whole job may run, over all attempts, such as 90m or 12h (no limit).',
  });
  vcpus = Option.String('--vcpus', { description: 'vCPUs (8).' });
  workers = Option.String('--workers', {
    description: 'Worker processes, most of which wait for the model (as many as are worth it).',
  });
  evaluationSlots = Option.String('--evaluation-slots', {
    description: 'Evaluations at one time (as many as vCPUs).',
  });
  memory = Option.String('--memory', { description: 'Memory in MiB (14000).' });
  maxUsd = Option.String('--max-usd', {
    description: 'US dollars that all attempts together may spend on models (no limit).',
  });
  maxTokens = Option.String('--max-tokens', {
    description: 'Tokens that they may use, prompt and completion together (no limit).',
  });
  prices = Option.String('--prices', {
    description:
      'A JSON file {"MODEL": {"prompt": USD, "completion": USD}} for a million tokens, where the known prices are not yours.',
  });
  maxOutage = Option.String('--max-outage', {
    description: 'How long the model provider may be down before the job ends, such as 2h (10m).',
  });
  env = Option.Array('--env', {
    description: 'NAME=VALUE, a variable for program and evaluator; may be repeated.',
  });
  jobName = Option.String('--name', { description: 'A name for people.' });
  idempotencyKey = Option.String('--idempotency-key', {
    description: 'However often a submission with one key is repeated, there is one job.',
  });
  revision = Option.String('--revision', {
    description: 'The revision of the job definition on AWS (the newest).',
  });
  offline = Option.Boolean('--offline', false, {
    description: 'Take programs from the offline model, which is not an LLM.',
  });
  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would be uploaded and submitted, and write nothing.',
  });
  wait = Option.Boolean('--wait', false, {
    description: "Wait for the job's end; the exit code is 1 when it failed.",
  });

  protected async run(): Promise<number> {
    const { planSubmission } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { chooseModel } = await import('../choose-model.ts');
    const asked = await this.request();
    const opened = await this.open();
    const { backend, owner, settings } = opened;
    const { model, notice } = await chooseModel(backend.kind, this.offline, this.config);
    const plan = await planSubmission(backend, { ...asked, owner, model });
    if (notice !== null) {
      this.note(notice);
    }
    for (const warning of plan.warnings) {
      this.note(`Warning: ${warning}`);
    }
    if (this.dryRun) {
      await this.show(plan, settings);
      return cliExit.OK;
    }
    const submitted = await this.submit(opened, plan);
    if (this.wait) {
      return this.waitFor(opened, submitted);
    }
    if (this.json) {
      this.printJson(submitted);
    }
    return cliExit.OK;
  }

  /** What the flags ask for, held to what is allowed before anything is looked at. */
  private async request(): Promise<Omit<SubmitRequest, 'owner' | 'model'>> {
    const {
      iterationsSchema,
      maxOutageSecondsSchema,
      memoryMibSchema,
      timeoutSecondsSchema,
      vcpusSchema,
      workersSchema,
    } = await import('@openevolve-aws/job-spec');
    const { optionalDuration, optionalNumber, parseRevision, parseVariables, required } =
      await import('../flags.ts');
    const { parseCap } = await import('../cap.ts');
    const { readPrices } = await import('../read-prices.ts');
    const { UsageError } = await import('../failure.ts');
    const { z } = await import('zod');
    const workers = this.workers === 'auto' ? undefined : this.workers;
    const cap = parseCap(this.maxUsd, this.maxTokens);
    const numbers = {
      iterations: optionalNumber('--iterations', this.iterations, iterationsSchema),
      targetScore: optionalNumber('--target-score', this.targetScore, z.number()),
      timeoutSeconds: optionalDuration('--timeout', this.timeout, timeoutSecondsSchema),
      vcpus: optionalNumber('--vcpus', this.vcpus, vcpusSchema),
      workers: optionalNumber('--workers', workers, workersSchema),
      evaluationSlots: optionalNumber('--evaluation-slots', this.evaluationSlots, vcpusSchema),
      memoryMib: optionalNumber('--memory', this.memory, memoryMibSchema),
      maxUsd: cap?.usd,
      maxTokens: cap?.tokens,
      maxOutageSeconds: optionalDuration('--max-outage', this.maxOutage, maxOutageSecondsSchema),
      definitionRevision: parseRevision(this.revision),
    };
    const [stray] = this.moreIncluded;
    if (stray !== undefined && this.include === undefined) {
      throw new UsageError(
        `${JSON.stringify(stray)} belongs to no flag: name files with --program, --evaluator, --config or --include.`,
      );
    }
    return {
      program: required('--program', this.program, 'the program to evolve'),
      evaluator: required('--evaluator', this.evaluator, 'the file that scores programs'),
      config: this.config,
      requirements: this.requirements,
      include: [...(this.include ?? []), ...this.moreIncluded],
      name: this.jobName,
      idempotencyKey: this.idempotencyKey,
      env: parseVariables('--env', this.env ?? []),
      prices: this.prices === undefined ? undefined : await readPrices(this.prices),
      ...numbers,
    };
  }

  private async show(plan: SubmissionPlan, settings: Settings | null): Promise<void> {
    const { plannedCall } = await import('@openevolve-aws/batch-client');
    const { job, inputUri } = plan;
    const call = settings === null ? null : plannedCall(plan, settings);
    const files = plan.files.map(({ key, content, sha256 }) => ({
      key,
      bytes: content.byteLength,
      sha256,
    }));
    this.print(`Would upload to ${inputUri}:`);
    for (const { key, bytes } of files) {
      this.print(`${String(bytes).padStart(12)}  ${key}`);
    }
    this.print();
    if (call === null) {
      this.print(`Would run on this machine, with ${job.vcpus} vCPUs and ${job.memoryMib} MiB.`);
    } else {
      this.print('Would call SubmitJob of AWS Batch:');
      this.print(JSON.stringify(call, null, 2));
    }
    this.print();
    this.print('Nothing was written. The short id is another one each time.');
    if (this.json) {
      this.printJson({ job, files, call });
    }
  }

  private async submit(
    { backend, owner }: OpenedBackend,
    plan: SubmissionPlan,
  ): Promise<SubmittedJob> {
    const { submitPlan } = await import('@openevolve-aws/batch-client');
    if (backend.kind === 'local') {
      const { preparePython } = await import('../local-commands.ts');
      await preparePython((line) => this.note(line));
    }
    this.print(`Job short ID : ${plan.job.id}`);
    this.print(`User         : ${owner}`);
    this.print(`Iterations   : ${plan.job.iterations}`);
    this.print();
    const submitted = await submitPlan(
      backend,
      plan,
      (step) =>
        this.print(
          step === 'upload' ? `Uploading inputs to ${plan.inputUri}...` : 'Submitting to Batch...',
        ),
      { signal: this.interruption() },
    );
    const { batchJobId, status, outputUri, warnings } = submitted;
    for (const warning of warnings.slice(plan.warnings.length)) {
      this.note(`Warning: ${warning}`);
    }
    this.print();
    this.print(`  Batch job ID : ${batchJobId}`);
    this.print(`  Status       : ${status}`);
    this.print(`  Results will appear at: ${outputUri}`);
    this.print();
    this.print('  Track progress:');
    this.print(`    ${this.hint(`status  ${batchJobId}`)}`);
    this.print(`    ${this.hint(`logs    ${batchJobId} --follow`)}`);
    this.print(`    ${this.hint(`results ${batchJobId}`)}`);
    return submitted;
  }

  private async waitFor(
    { backend, owner }: OpenedBackend,
    submitted: SubmittedJob,
  ): Promise<number> {
    const { explainView, waitForJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    let seen = '';
    this.print();
    const view = await waitForJob(backend, owner, submitted.jobId, {
      onLook: ({ batch }) => {
        const state = batch.attempts.length > 1 ? `, attempt ${batch.attempts.length}` : '';
        if (batch.status + state !== seen) {
          seen = batch.status + state;
          this.print(`${new Date().toISOString()} ${seen}`);
        }
      },
      signal: this.interruption(),
    });
    const { batch } = view;
    const explanation = explainView(view);
    this.print([explanation.sentence, explanation.next ?? ''].join(' ').trim());
    if (this.json) {
      this.printJson({ ...submitted, status: batch.status, explanation });
    }
    return batch.status === 'FAILED' ? cliExit.JOB_FAILED : cliExit.OK;
  }
}
