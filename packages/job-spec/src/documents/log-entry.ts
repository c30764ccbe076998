import { z } from 'zod';
import { sha256Schema, timestampSchema } from '../names.ts';
import { ledgerSchema } from './ledger.ts';
import { scoredProgramSchema } from './score.ts';

/** Sequence numbers have 12 digits in their key. */
export const MAX_SEQ = 999_999_999_999;
export const seqSchema = z.int().min(1).max(MAX_SEQ);

const common = {
  version: z.literal(1),
  seq: seqSchema,
  /** Random; tells one's own write from another's when a reply was lost. */
  entryId: z.uuid(),
  /** The seq of the claim that the writer holds; a claim names itself. */
  generation: seqSchema,
  at: timestampSchema,
};

/** Where in a pack the manifest lies, and what it must hash to. Offsets and lengths in bytes. */
export const packReferenceSchema = z.object({
  key: z.string().min(1).max(1024),
  bytes: z.int().min(1),
  manifest: z.object({
    offset: z.int().min(0),
    length: z.int().min(1),
    sha256: sha256Schema,
  }),
});

export const claimEntrySchema = z.object({
  ...common,
  kind: z.literal('claim'),
  submission: z.int().min(1),
  batchJobId: z.string().min(1).nullable(),
  /** Restarts at 1 after a resubmission: recorded, never compared. */
  batchAttempt: z.int().min(1).nullable(),
});

/** What OpenEvolve counts for its early stopping and does not save. */
export const earlyStoppingSchema = z.object({
  bestScore: z.number().nullable(),
  iterationsWithoutImprovement: z.int().min(0),
});

export const commitEntrySchema = z.object({
  ...common,
  kind: z.literal('commit'),
  /** The commit that this one grew from, in this generation or as restored; null for the first. */
  parent: seqSchema.nullable(),
  /** OpenEvolve's name for the checkpoint: a label, never compared. */
  label: z.string().regex(/^checkpoint_\d{1,12}$/),
  reason: z.string().min(1).max(200),
  pack: packReferenceSchema,
  files: z.int().min(0),
  bytes: z.int().min(0),
  ledger: ledgerSchema,
  initial: scoredProgramSchema.nullable(),
  best: scoredProgramSchema.nullable(),
  earlyStopping: earlyStoppingSchema.nullable(),
  /** Whether pruning keeps it whatever comes after it. */
  pinned: z.boolean().optional(),
});

/** Spend or failures without a new checkpoint. */
export const ledgerEntrySchema = z.object({
  ...common,
  kind: z.literal('ledger'),
  ledger: ledgerSchema,
});

/** A commit that could not be used; readers pass it over. */
export const quarantineEntrySchema = z.object({
  ...common,
  kind: z.literal('quarantine'),
  commit: seqSchema,
  reason: z.string().min(1).max(1000),
});

/**
 * Commits that are gone for every reader from here on, and all that a reader needs of what came
 * before: whoever has the entries of `live` can begin here.
 */
export const pruneEntrySchema = z.object({
  ...common,
  kind: z.literal('prune'),
  dropped: z.array(seqSchema),
  /** Entries before this one that still say something: the newest claim, commits that are kept, … */
  live: z.array(seqSchema),
});

/** An attempt ended before the run was complete; `interrupted` when something outside ended it. */
export const stopEntrySchema = z.object({
  ...common,
  kind: z.literal('stop'),
  interrupted: z.boolean(),
  exitCode: z.int().min(0).max(255),
  reason: z.string().min(1).max(1000),
});

export const outcomeSchema = z.enum(['iterations', 'target', 'early-stop']);

/** The run is complete: outputs are written after this entry. */
export const endEntrySchema = z.object({
  ...common,
  kind: z.literal('end'),
  outcome: outcomeSchema,
  commit: seqSchema,
  ledger: ledgerSchema,
});

/** `commits/<seq>.json`: one entry of the job's log. */
export const logEntrySchema = z.discriminatedUnion('kind', [
  claimEntrySchema,
  commitEntrySchema,
  ledgerEntrySchema,
  quarantineEntrySchema,
  pruneEntrySchema,
  stopEntrySchema,
  endEntrySchema,
]);

export type LogEntry = z.output<typeof logEntrySchema>;
export type ClaimEntry = z.output<typeof claimEntrySchema>;
export type CommitEntry = z.output<typeof commitEntrySchema>;
export type LedgerEntry = z.output<typeof ledgerEntrySchema>;
export type QuarantineEntry = z.output<typeof quarantineEntrySchema>;
export type PruneEntry = z.output<typeof pruneEntrySchema>;
export type StopEntry = z.output<typeof stopEntrySchema>;
export type EndEntry = z.output<typeof endEntrySchema>;
export type PackReference = z.output<typeof packReferenceSchema>;
export type EarlyStopping = z.output<typeof earlyStoppingSchema>;
export type Outcome = z.output<typeof outcomeSchema>;
