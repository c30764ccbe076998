import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { bench } from './command.ts';

const folder = path.join(import.meta.dirname, 'benchmarks');

async function loadBenchmark(file: string): Promise<[string, Benchmark]> {
  const module: { default: Benchmark } = await import(path.join(folder, file));
  return [path.basename(file, '.ts'), module.default];
}

const files = (await readdir(folder)).filter((file) => file.endsWith('.ts')).sort();
const benchmarks = new Map(await Promise.all(files.map(loadBenchmark)));
const records = path.join(import.meta.dirname, '../../docs/benchmarks');
const streams = { out: console.log, error: console.error };
process.exitCode = await bench(process.argv.slice(2), benchmarks, streams, records);
