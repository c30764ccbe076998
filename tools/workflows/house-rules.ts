const USES = /\buses:\s*(?<action>[^\s@]+)@(?<commit>[0-9a-f]{40})\b(?<comment>.*)$/;
const JOB = /^ {2}(?<name>[\w-]+):/;

/**
 * What this repository asks of a workflow beyond the checkers' rules, a sentence for each breach: an
 * action's pin says its version, a job has a time limit, and no secret is kept that OIDC spares. Pure.
 *
 * @param file its name, for the sentences.
 */
export function breaches(file: string, text: string): string[] {
  const lines = text.split('\n');
  return [
    ...lines.flatMap((line, index) => {
      const { action, comment = '' } = USES.exec(line)?.groups ?? {};
      return action !== undefined && !/^ # v\d+\.\d+\.\d+$/.test(comment)
        ? [`${file}:${index + 1}: say the version of ${action} behind its commit.`]
        : [];
    }),
    ...lines.flatMap((line, index) =>
      /\bsecrets\s*[.[]/.test(line)
        ? [`${file}:${index + 1}: keep no secret: ask for a role through OIDC.`]
        : [],
    ),
    ...jobsOf(lines)
      .filter((job) => !job.lines.some((line) => /^ {4}timeout-minutes:/.test(line)))
      .map((job) => `${file}: give the job ${job.name} a time limit.`),
  ];
}

interface WorkflowJob {
  readonly name: string;
  readonly lines: string[];
}

function jobsOf(lines: readonly string[]): WorkflowJob[] {
  const jobs: WorkflowJob[] = [];
  const begin = lines.indexOf('jobs:') + 1;
  for (const line of begin === 0 ? [] : lines.slice(begin)) {
    if (/^\S/.test(line) && !line.startsWith('#')) {
      break;
    }
    const name = JOB.exec(line)?.groups?.name;
    if (name !== undefined) {
      jobs.push({ name, lines: [] });
    }
    jobs.at(-1)?.lines.push(line);
  }
  return jobs;
}
