/**
 * What two releases after the first must lead to. Everything but the object store depends on job-spec;
 * the bundles depend on what is in them.
 */
export interface Release {
  readonly project: string;
  readonly message: string;
  /** The versions of all packages after it. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Before version 1 a breaking change raises the minor version, and anything else the patch version. */
export const releases: readonly [Release, Release] = [
  {
    project: 'packages/job-spec',
    message:
      'feat(job-spec)!: documents are rehearsed\n\nBREAKING CHANGE: whoever reads them must rehearse.',
    versions: {
      'job-spec': '0.2.0',
      's3-layout': '0.1.1',
      'object-store': '0.1.0',
      'checkpoint-sync': '0.1.1',
      'llm-gateway': '0.1.1',
      'batch-client': '0.1.1',
      entrypoint: '0.1.1',
      infra: '0.1.1',
      cli: '0.1.1',
    },
  },
  {
    project: 'packages/checkpoint-sync',
    message: 'fix(checkpoint-sync): a commit is rehearsed',
    versions: {
      'job-spec': '0.2.0',
      's3-layout': '0.1.1',
      'object-store': '0.1.0',
      'checkpoint-sync': '0.1.2',
      'llm-gateway': '0.1.1',
      'batch-client': '0.1.2',
      entrypoint: '0.1.2',
      infra: '0.1.1',
      cli: '0.1.2',
    },
  },
];
