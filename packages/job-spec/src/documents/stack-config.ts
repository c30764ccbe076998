import { z } from 'zod';
import { MAX_ATTEMPTS } from '../limits.ts';
import { ownerSchema } from '../names.ts';

/**
 * CloudFormation takes 500 resources a stack. A user needs 4 (job definition, job role, log group,
 * IAM user), one with an access key 2 more; the rest is the environment's own.
 */
const USER_RESOURCES = 4;
const ACCESS_KEY_RESOURCES = 2;
const MAX_USER_RESOURCES = 400;

/** AWS's own limit of active share identifiers in one queue, and an owner is one. */
const MAX_USERS = 500;

/** Types that every commercial region has, in two generations: the more pools, the fewer interruptions. */
const DEFAULT_INSTANCE_TYPES = ['m5', 'm6i', 'c5', 'c6i', 'r5', 'r6i'].flatMap((family) => [
  `${family}.2xlarge`,
  `${family}.4xlarge`,
]);

/** The image is built for x86: a family whose attributes have a g (m6g, c7gn), and a1, is Arm. */
const ARM_FAMILY = /^(a1|[a-z]+\d+[a-z]*g[a-z]*)[.-]/;

const instanceTypeSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]*\.(metal|[a-z0-9]+)[a-z0-9-]*$/,
    'an EC2 instance type such as m5.2xlarge',
  )
  .refine((type) => !ARM_FAMILY.test(type), 'an x86 type: the image does not run on Arm');

/**
 * `openevolve.config.json`: what one environment in AWS is made from. Unknown fields are refused,
 * so a misspelt one cannot pass for its default.
 */
export const stackConfigSchema = z
  .strictObject({
    version: z.literal(1),
    /**
     * Sets installations in one account apart; a part of every name. S3 allows 63 characters, and
     * ECR no dash beside another or at the end.
     */
    environment: z
      .string()
      .max(16, 'at most 16 characters')
      .regex(
        /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
        'lower-case letters and digits, a letter first, with single dashes between them',
      )
      .refine(
        (name) => !/-users-\d+$/.test(name),
        'a name that does not end in -users-1 or the like: a stack of users of another environment is called so',
      )
      .default('prod'),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as us-east-1'),
    /** Owners, of whom everyone gets a job definition, a job role and a log group. */
    users: z.array(ownerSchema),
    /**
     * More users than one stack holds, a stack for each group. A user stays in its group: another
     * one means another stack, which cannot make what the first still has. A group that nobody is
     * left in stays as an empty one, since its stack does.
     */
    moreUsers: z.array(z.array(ownerSchema)).default([]),
    /** `iam-users` makes an IAM user of everyone; `identity-center` makes none. */
    signIn: z.enum(['iam-users', 'identity-center']).default('iam-users'),
    /** Users for whom an access key is made and kept in Secrets Manager. */
    accessKeys: z.array(ownerSchema).default([]),
    alertEmail: z.email('an e-mail address'),
    monthlyBudgetUsd: z.number().positive('more than 0'),
    /** Over both compute environments together. */
    maxVcpus: z.int('a whole number').min(16, 'at least 16').max(100_000, 'at most 100000'),
    instanceTypes: z
      .array(instanceTypeSchema)
      .min(1, 'at least one instance type')
      .default(DEFAULT_INSTANCE_TYPES),
    spotAllocation: z
      .enum(['SPOT_PRICE_CAPACITY_OPTIMIZED', 'SPOT_CAPACITY_OPTIMIZED'])
      .default('SPOT_PRICE_CAPACITY_OPTIMIZED'),
    /** `private` puts machines behind a NAT gateway, which is paid for by the hour. */
    network: z.enum(['public', 'private']).default('public'),
    /** Attempts of a job before its work waits for `resume`. */
    attempts: z
      .int('a whole number')
      .min(1, `from 1 to ${MAX_ATTEMPTS}`)
      .max(MAX_ATTEMPTS, `from 1 to ${MAX_ATTEMPTS}`)
      .default(MAX_ATTEMPTS),
    /** Tag of the image that jobs run; by default that of the release. */
    imageTag: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'a tag of a container image')
      .optional(),
  })
  .superRefine((config, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const all = [...config.users, ...config.moreUsers.flat()];
    if (all.length === 0) {
      refuse(['users'], 'at least one user');
    }
    const twice = all.find((user, position) => all.indexOf(user) !== position);
    if (twice !== undefined) {
      refuse(['users'], `${JSON.stringify(twice)} is there twice`);
    }
    if (all.length > MAX_USERS) {
      refuse(['moreUsers'], `at most ${MAX_USERS} users in all, which is what one queue can share`);
    }
    const stranger = config.accessKeys.find((user) => !all.includes(user));
    if (stranger !== undefined) {
      refuse(['accessKeys'], `${JSON.stringify(stranger)} is not among the users`);
    }
    if (config.signIn === 'identity-center' && config.accessKeys.length > 0) {
      refuse(['accessKeys'], 'only IAM users have access keys, and signIn is identity-center');
    }
    for (const [position, group] of [config.users, ...config.moreUsers].entries()) {
      const keys = group.filter((user) => config.accessKeys.includes(user)).length;
      if (group.length * USER_RESOURCES + keys * ACCESS_KEY_RESOURCES > MAX_USER_RESOURCES) {
        refuse(
          position === 0 ? ['users'] : ['moreUsers', position - 1],
          `too many for one stack: ${MAX_USER_RESOURCES / USER_RESOURCES} users, or ${Math.floor(MAX_USER_RESOURCES / (USER_RESOURCES + ACCESS_KEY_RESOURCES))} with access keys. Put new ones into another group of moreUsers`,
        );
      }
    }
  });

export type StackConfig = z.output<typeof stackConfigSchema>;
