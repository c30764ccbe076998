import { DEFAULT_MEMORY_MIB, DEFAULT_VCPUS } from '@openevolve-aws/job-spec';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import {
  EcsEc2ContainerDefinition,
  EcsJobDefinition,
  EcsVolume,
  LinuxParameters,
  Secret,
  TmpfsMountOption,
} from 'aws-cdk-lib/aws-batch';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage, LogDriver } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CONTAINER_USER, NOTICE_FOLDER } from './host.ts';
import { jobRetry } from './job-retry.ts';
import { KEY_FIELD } from './provider-key.ts';

/**
 * A job's own time limit is in its document and ends it in order. This one stops an attempt in
 * which even that hangs, and is not followed by another attempt.
 */
const ATTEMPT_LIMIT = Duration.days(14);

/** At most this much of a job's memory is its working folder; it is taken as it fills. */
const WORK_FOLDER = Size.gibibytes(4);

/**
 * AWS Batch refuses a submission to a fair-share queue without one: "Either schedulingPriority in job
 * definition or schedulingPriorityOverride is required". It only orders jobs of one owner.
 */
const WITHIN_SHARE = 1;

export interface JobDefinitionProps {
  readonly name: string;
  /** Of the installation; jobs write it into their metrics. */
  readonly environment: string;
  readonly repository: IRepository;
  readonly imageTag: string;
  readonly attempts: number;
  readonly secret: ISecret;
  readonly jobRole: IRole;
  readonly executionRole: IRole;
  readonly logGroup: ILogGroup;
}

/**
 * How an owner's jobs run. A submission can change size, time and attempts; it cannot change the
 * image, the user, the role or the log, which is what keeps owners apart.
 *
 * - The root is read-only. `/tmp` is memory of this container alone: a folder of the machine would
 *   be shared with the jobs of other owners, who run as the same user. Programs may be run from it,
 *   since packages and evolved programs are built there.
 * - AWS Batch's own init stays off: its binary can be read, and with it the environment of the
 *   process that holds the key.
 * - Revisions stay active after a deployment, so waiting jobs and later attempts start as they were
 *   submitted.
 */
export class JobDefinition extends Construct {
  readonly definition: EcsJobDefinition;

  constructor(scope: Construct, id: string, props: JobDefinitionProps) {
    super(scope, id);
    const linuxParameters = new LinuxParameters(this, 'Linux', { initProcessEnabled: false });
    linuxParameters.addTmpfs({
      containerPath: '/tmp',
      size: WORK_FOLDER,
      mountOptions: [TmpfsMountOption.EXEC, TmpfsMountOption.NOSUID, TmpfsMountOption.NODEV],
    });
    this.definition = new EcsJobDefinition(this, 'Definition', {
      jobDefinitionName: props.name,
      container: new EcsEc2ContainerDefinition(this, 'Container', {
        image: ContainerImage.fromEcrRepository(props.repository, props.imageTag),
        cpu: DEFAULT_VCPUS,
        memory: Size.mebibytes(DEFAULT_MEMORY_MIB),
        user: `${CONTAINER_USER}:${CONTAINER_USER}`,
        privileged: false,
        readonlyRootFilesystem: true,
        linuxParameters,
        jobRole: props.jobRole,
        executionRole: props.executionRole,
        // Whole: with the name of a field, a raw key would stop the container before it starts.
        secrets: { [KEY_FIELD]: Secret.fromSecretsManager(props.secret) },
        environment: {
          // ECS tells a container on EC2 no region, and instance metadata, which could, is closed.
          AWS_REGION: Stack.of(this).region,
          OPENEVOLVE_ENVIRONMENT: props.environment,
          OPENEVOLVE_NOTICE_FILE: `${NOTICE_FOLDER}/notice.json`,
        },
        volumes: [
          EcsVolume.host({
            name: 'notices',
            hostPath: NOTICE_FOLDER,
            containerPath: NOTICE_FOLDER,
            readonly: true,
          }),
        ],
        logging: LogDriver.awsLogs({ logGroup: props.logGroup, streamPrefix: 'job' }),
      }),
      ...jobRetry(props.attempts),
      schedulingPriority: WITHIN_SHARE,
      timeout: ATTEMPT_LIMIT,
      propagateTags: true,
      skipDeregisterOnUpdate: true,
    });
  }
}
