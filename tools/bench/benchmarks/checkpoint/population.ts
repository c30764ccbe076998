import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SEED = 20_240_613;
const ISLANDS = 5;
/** Of the code; the fields around it bring a program to 4 to 20 KB. */
const LEAST_CODE = 3_200;
const MOST_CODE = 18_000;
/** A child grows from one of this many programs before it. */
const PARENTS = 500;

const NAMES =
  'angle area base best bound cell center cost count delta depth edge energy error field gain grad height index inner lower mass matrix mean node noise offset order outer pair phase point radius ratio residual row scale score segment shift sigma slope sum target theta upper value vector weight width'.split(
    ' ',
  );
const CALLS = 'np.clip np.dot np.linspace np.sqrt np.abs np.exp min max abs float len sorted'.split(
  ' ',
);

/** The same numbers from 0 up to 1 for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Program {
  readonly id: string;
  readonly parent: string | null;
  readonly lines: readonly string[];
  readonly score: number;
  readonly generation: number;
}

/** A checkpoint on the disk. */
export interface Checkpoint {
  readonly directory: string;
  /** Programs in it. */
  readonly size: number;
}

/**
 * A population that grows like OpenEvolve's: each program's code is its parent's with a few hunks
 * rewritten, beside metrics and metadata. The same seed gives the same files.
 */
export class Population {
  readonly #random = seededRandom(SEED);
  readonly #programs: Program[] = [];

  /**
   * Writes a checkpoint as the runner does: into a new directory aside, programs that `previous` has
   * linked from there, renamed at the end.
   */
  write(directory: string, size: number, previous?: Checkpoint): Checkpoint {
    while (this.#programs.length < size) this.#programs.push(this.#next());
    const aside = `${directory}.tmp`;
    mkdirSync(join(aside, 'programs'), { recursive: true });
    const programs = this.#programs.slice(0, size);
    for (const [number, program] of programs.entries()) {
      const path = join('programs', `${program.id}.json`);
      const isLinked = previous !== undefined && number < previous.size;
      if (isLinked) linkSync(join(previous.directory, path), join(aside, path));
      else writeFileSync(join(aside, path), documentOf(program, number));
    }
    const best = programs.reduce((a, b) => (b.score > a.score ? b : a));
    const info = { id: best.id, generation: best.generation, iteration: size };
    writeFileSync(join(aside, 'best_program.py'), best.lines.join('\n'));
    writeFileSync(join(aside, 'best_program_info.json'), JSON.stringify(info));
    writeFileSync(join(aside, 'metadata.json'), metadataOf(programs, best));
    renameSync(aside, directory);
    return { directory, size };
  }

  #next(): Program {
    const id = this.#uuid();
    const newest = this.#programs.slice(-PARENTS);
    const parent = newest[this.#below(newest.length)];
    if (this.#programs.length < ISLANDS || parent === undefined) {
      return {
        id,
        parent: null,
        lines: this.#lines(120 + this.#below(150)),
        score: 0.5,
        generation: 0,
      };
    }
    const lines = [...parent.lines];
    for (let hunk = this.#below(4); hunk >= 0; hunk--) {
      const written = this.#lines(1 + this.#below(12));
      lines.splice(this.#below(lines.length), this.#below(12), ...written);
    }
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    const fits = bytes >= LEAST_CODE && bytes <= MOST_CODE;
    return {
      id,
      parent: parent.id,
      lines: fits ? lines : parent.lines,
      score: parent.score + (this.#random() - 0.49) / 50,
      generation: parent.generation + 1,
    };
  }

  #lines(count: number): string[] {
    return Array.from({ length: count }, () => {
      const number = (this.#random() * 10).toFixed(this.#below(6));
      const [target, left, right] = [this.#name(), this.#name(), this.#name()];
      const call = CALLS[this.#below(CALLS.length)];
      const kinds = [
        `    ${target} = ${call}(${left}_${this.#below(9)}, ${number}) * ${right}`,
        `    if ${left} < ${number} and ${right} is not None:`,
        `        ${target}[${this.#below(64)}] += ${left} * ${number} - ${right}`,
        `    # keep the ${left} near the ${right}, so that ${target} stays stable`,
        `    for ${target}_i in range(${this.#below(200)}, len(${left})):`,
      ];
      return kinds[this.#below(kinds.length)] ?? '';
    });
  }

  #uuid(): string {
    const hex = Array.from({ length: 4 }, () =>
      this.#below(2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    );
    return hex.join('').replace(/^(.{8})(.{4}).(.{3})(.{4})(.{12}).*$/, '$1-$2-4$3-$4-$5');
  }

  #name(): string {
    return NAMES[this.#below(NAMES.length)] ?? '';
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}

/** A program's file, with the fields of OpenEvolve's. */
function documentOf({ id, parent, lines, score, generation }: Program, number: number): string {
  return JSON.stringify({
    id,
    code: lines.join('\n'),
    changes_description: null,
    language: 'python',
    parent_id: parent,
    generation,
    timestamp: 1_718_280_000 + number * 7.31,
    iteration_found: number,
    metrics: { combined_score: score, mean_gap: 2.4 / score, solved: score / 2 },
    complexity: lines.length,
    diversity: 0,
    metadata: {
      changes: `Change 1: ${JSON.stringify(lines[number % lines.length])}`,
      parent_metrics: { combined_score: score * 0.99 },
      island: number % ISLANDS,
      token_usage: { prompt_tokens: 2_400 + (number % 97), completion_tokens: number % 1_013 },
      llm_model: 'benchmark',
    },
    prompts: null,
    artifacts_json: null,
    artifact_dir: null,
    embedding: null,
  });
}

/** An island is a set in Python: a new program comes anywhere in it, and the others stay in order. */
function metadataOf(programs: readonly Program[], best: Program): string {
  const islands = Array.from({ length: ISLANDS }, (): string[] => []);
  const cells = new Map<string, string>();
  const archive: string[] = [];
  for (const [number, { id }] of programs.entries()) {
    const drawn = Number.parseInt(id.slice(0, 8), 16);
    const island = islands[number % ISLANDS];
    island?.splice(drawn % (island.length + 1), 0, id);
    cells.set(`${drawn % 10}-${(drawn >>> 8) % 10}`, id);
    archive[drawn % 100] = id;
  }
  return JSON.stringify({
    island_feature_maps: [Object.fromEntries(cells)],
    islands,
    archive: archive.filter((id) => id !== undefined),
    best_program_id: best.id,
    last_iteration: programs.length,
  });
}
