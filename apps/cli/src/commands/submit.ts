import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class SubmitCommand extends JobCommand {
  static override paths = [['submit']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Submit a program and its evaluator as a job.',
    details: `
      Uploads the files and starts the job, then prints how to follow it. Nothing is written when
      a file or a flag cannot be used.

      On this machine, without GEMINI_API_KEY or OPENAI_API_KEY in the environment, programs come
      from the offline model: a seeded search that needs no key and is not an LLM.
    `,
    examples: [
      [
        'Submit a job of 100 iterations',
        '$0 submit --program initial_program.py --evaluator evaluator.py --iterations 100',
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
  iterations = Option.String('--iterations', {
    description: 'How many iterations in all, over all attempts (100).',
  });
  vcpus = Option.String('--vcpus', { description: 'vCPUs (8).' });
  workers = Option.String('--workers', {
    description: 'Worker processes, most of which wait for the model (as many as are worth it).',
  });
  evaluationSlots = Option.String('--evaluation-slots', {
    description: 'Evaluations at one time (as many as vCPUs).',
  });
  memory = Option.String('--memory', { description: 'Memory in MiB (14000).' });
  jobName = Option.String('--name', { description: 'A name for people.' });
  offline = Option.Boolean('--offline', false, {
    description: 'Take programs from the offline model, which is not an LLM.',
  });

  protected async run(): Promise<number> {
    const { iterationsSchema, memoryMibSchema, vcpusSchema, workersSchema, cliExit } = await import(
      '@openevolve-aws/job-spec'
    );
    const { planSubmission, submitPlan } = await import('@openevolve-aws/batch-client');
    const { optionalNumber, required } = await import('../flags.ts');
    const { chooseModel } = await import('../choose-model.ts');
    const { preparePython } = await import('../local-commands.ts');

    const numbers = {
      iterations: optionalNumber('--iterations', this.iterations, iterationsSchema),
      vcpus: optionalNumber('--vcpus', this.vcpus, vcpusSchema),
      workers:
        this.workers === 'auto'
          ? undefined
          : optionalNumber('--workers', this.workers, workersSchema),
      evaluationSlots: optionalNumber('--evaluation-slots', this.evaluationSlots, vcpusSchema),
      memoryMib: optionalNumber('--memory', this.memory, memoryMibSchema),
    };
    const program = required('--program', this.program, 'the program to evolve');
    const evaluator = required('--evaluator', this.evaluator, 'the file that scores programs');
    const { backend, owner } = await this.open();
    const { model, notice } = chooseModel(backend.kind, this.offline);
    const plan = await planSubmission(backend, {
      owner,
      program,
      evaluator,
      config: this.config,
      name: this.jobName,
      ...numbers,
      model,
    });
    if (notice !== null) {
      this.note(notice);
    }
    for (const warning of plan.warnings) {
      this.note(`Warning: ${warning}`);
    }
    if (backend.kind === 'local') {
      await preparePython((line) => this.note(line));
    }

    this.print(`Job short ID : ${plan.job.id}`);
    this.print(`User         : ${owner}`);
    this.print(`Iterations   : ${plan.job.iterations}`);
    this.print();
    const submitted = await submitPlan(backend, plan, (step) =>
      this.print(
        step === 'upload' ? `Uploading inputs to ${plan.inputUri}...` : 'Submitting to Batch...',
      ),
    );
    const { batchJobId, status, outputUri } = submitted;
    this.print();
    this.print(`  Batch job ID : ${batchJobId}`);
    this.print(`  Status       : ${status}`);
    this.print(`  Results will appear at: ${outputUri}`);
    this.print();
    this.print('  Track progress:');
    this.print(`    openevolve-aws status  ${batchJobId}`);
    this.print(`    openevolve-aws logs    ${batchJobId} --follow`);
    this.print(`    openevolve-aws results ${batchJobId}`);
    if (this.json) {
      this.printJson(submitted);
    }
    return cliExit.OK;
  }
}
