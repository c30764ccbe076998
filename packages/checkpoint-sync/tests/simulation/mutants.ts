import type { Change } from './variants.ts';

/** Ways to break the protocol, each a change of the engine that the simulation must find. */
export const mutants: Readonly<Record<string, Change>> = {
  'ignores newer claims': {
    file: 'job-log.ts',
    from: 'if (generation !== null) refuseSuccessor(record, generation);',
    to: '',
  },
  'takes any entry at its place for its own': {
    file: 'job-log.ts',
    from: 'if (record.entry?.entryId === entry.entryId) return entry;',
    to: 'if (record.entry) return entry;',
  },
  'puts entries without a condition': {
    file: 'job-log.ts',
    from: 'await this.#store.putIfAbsent(',
    to: 'await this.#store.put(',
  },
  'deletes packs before the entry': {
    file: 'prune.ts',
    from: 'const { dropped } = await this.#log.append(this.#generation, plan, options);',
    to: `const planned = new Set(plan().dropped);
    const early = this.#log.state.commits.filter(({ seq }) => planned.has(seq));
    const others = this.#log.state.commits.filter(({ seq }) => !planned.has(seq));
    const needed = new Set(others.flatMap(({ seq }) => [...(this.#named.get(seq) ?? [])]));
    const keys = early.flatMap(({ seq }) => [...(this.#named.get(seq) ?? [])]);
    await this.#store.delete(keys.filter((key) => !needed.has(key)), options);
    const { dropped } = await this.#log.append(this.#generation, plan, options);`,
  },
  'prunes by age': {
    file: 'retention.ts',
    from: 'return commits.map(({ seq }) => seq).filter((seq) => !kept.has(seq));',
    to: 'return commits.filter(({ at }) => Date.parse(at) < Date.now() - 3_600_000).map(({ seq }) => seq);',
  },
  'takes only the newest commit for one that names packs': {
    file: 'prune.ts',
    from: 'const { commits } = this.#log.state;',
    to: 'const commits = this.#log.state.commits.slice(-1);',
  },
  'forgets the packs that hold the layers': {
    file: 'prune.ts',
    from: 'new Set(layers.map(({ reference }) => reference.key))',
    to: 'new Set(layers.slice(-1).map(({ reference }) => reference.key))',
  },
  'deletes packs of newer generations': {
    file: 'prune.ts',
    from: 'pack.generation <= this.#generation',
    to: 'pack.generation > 0',
  },
  'deletes nothing of dead writers': {
    file: 'prune.ts',
    from: 'pack.generation <= this.#generation',
    to: 'pack.generation === this.#generation',
  },
  'believes damage at once': {
    file: 'restore.ts',
    from: 'if (isKept && failed.has(seq)) skipped.push',
    to: 'if (isKept) skipped.push',
  },
  'believes an unreadable entry at once': {
    file: 'job-log.ts',
    from: "if (record.problem?.code !== 'DAMAGED') return record;",
    to: 'return record;',
  },
  'says too little in a prune entry': {
    file: 'job-state.ts',
    from: '    ...[...quarantines.values()].map(({ seq }) => seq),\n',
    to: '',
  },
  'forgets the packs of extents after the first': {
    file: 'prune.ts',
    from: 'for (const { pack } of extents) keys.add(pack.key);',
    to: 'for (const { pack } of extents.slice(0, 1)) keys.add(pack.key);',
  },
  'takes chunks of a commit that failed for stored': {
    file: 'content-writer.ts',
    from: 'const capture = await captureDirectory(directory, known, builder, fullCheck);',
    to: `const kept = ((this as any).kept ??= new Map());
    for (const [path, chunks] of evidence.chunks) {
      if (!kept.has(path)) kept.set(path, new Map());
      known.evidence.chunks.set(path, new Map([...chunks, ...kept.get(path)]));
    }
    const capture = await captureDirectory(directory, known, builder, fullCheck);
    for (const [path, chunks] of capture.evidence.chunks) {
      kept.set(path, new Map([...(kept.get(path) ?? []), ...chunks]));
    }`,
  },
  'has room for any copy of what lies in several extents': {
    file: 'capture.ts',
    from: 'if (copied && (copied.length === 1 || mayScatter)) {',
    to: 'if (copied) {',
  },
  'gives away the room of files that are still to be read': {
    file: 'capture.ts',
    from: 'for (const { path } of files) scatteredBytes += scatteredBytesOf(known.listing.get(path));',
    to: 'const unread = 0; scatteredBytes += unread;',
  },
  'uses the key of a pack again after a failure': {
    file: 'content-writer.ts',
    from: 'outputKeys.pack(this.#generation, ++this.#packs)',
    to: 'outputKeys.pack(this.#generation, layers.length + 1)',
  },
};
