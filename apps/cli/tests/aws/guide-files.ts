import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The program and the evaluator of the guide's step 10. */
export const guideFiles = {
  'initial_program.py': `# EVOLVE-BLOCK-START
def solve(x):
    return x * x
# EVOLVE-BLOCK-END
`,
  'evaluator.py': `def evaluate(program_path):
    import importlib.util
    spec = importlib.util.spec_from_file_location("program", program_path)
    mod = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mod)
    score = -abs(mod.solve(3) - 9)  # perfect score = 0
    return {"score": score}
`,
} as const;

export async function writeGuideFiles(folder: string): Promise<void> {
  for (const [name, content] of Object.entries(guideFiles)) {
    await writeFile(join(folder, name), content);
  }
}
