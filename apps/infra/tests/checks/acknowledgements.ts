/** A finding of a checker that stays, and why. */
export interface Acknowledgement {
  readonly tool: 'cdk-nag' | 'checkov';
  /** The whole rule, with the finding where there are several. */
  readonly rule: RegExp;
  /** Construct paths for cdk-nag, logical ids for checkov. */
  readonly where: RegExp;
  readonly reason: string;
}

const ownKeys =
  'Encrypted with keys of AWS. A key of our own costs a dollar a month each and keeps out nobody who is not kept out by IAM already.';

/** Every finding that stays, of every checker. One that nothing matches any more must go. */
export const acknowledgements: readonly Acknowledgement[] = [
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-S1$/,
    where: /^OpenEvolve\/Storage\/(Inputs|Outputs)\/Resource$/,
    reason:
      'Server access logs are best effort and a bucket of their own; CloudTrail data events can be switched on for an account that must audit.',
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-SMG4$/,
    where: /^OpenEvolve\/(ProviderKey\/Key|Owner-\w+\/AccessKeySecret)\/Resource$/,
    reason:
      "A provider's key is rotated at the provider, and an access key by another deployment; neither has an API that could rotate it here.",
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    where:
      /^OpenEvolve\/(Compute\/MachineRole\/Role|ExecutionRole\/Role|UserPolicy\/Policy|Boundary\/Policy)\/Resource$/,
    reason:
      'ecs:DiscoverPollEndpoint, ecr:GetAuthorizationToken, and describing and listing of AWS Batch know no resource.',
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Resource::.*:ecs:.*:(cluster|container-instance)\/\*\]$/,
    where: /^OpenEvolve\/Compute\/MachineRole\/Role\/Resource$/,
    reason: 'AWS Batch makes the cluster and names it; the machines are not there yet.',
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Resource::<(Inputs|Outputs)\.Arn>\/users\/(<aws:PrincipalTag\/OpenEvolveUser>\/|\w+\/)?\*\]$/,
    where: /^OpenEvolve\/(UserPolicy\/Policy|Boundary\/Policy|Owner-\w+\/JobRole\/Role)\/Resource$/,
    reason: "An owner's objects are all that lie under the owner's prefix.",
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Resource::.*:batch:.*:(job\/\*|job-definition\/openevolve-prod-job-(<aws:PrincipalTag\/OpenEvolveUser>:)?\*)\]$/,
    where: /^OpenEvolve\/(UserPolicy|Boundary)\/Policy\/Resource$/,
    reason: 'Jobs have no names that tell their owner, so tags do; every revision may be used.',
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Resource::.*:log-group:\/aws\/batch\/openevolve\/prod\/(<aws:PrincipalTag\/OpenEvolveUser>:)?\*\]$/,
    where: /^OpenEvolve\/((UserPolicy|Boundary)\/Policy|ExecutionRole\/Role)\/Resource$/,
    reason: "The streams of an owner's log group, and the log groups of all owners.",
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Resource::.*:servicequotas:.*:ec2\/\*\]$/,
    where: /^OpenEvolve\/(UserPolicy|Boundary)\/Policy\/Resource$/,
    reason: 'Reads how many Spot vCPUs the account may have; quotas are no secret.',
  },

  {
    tool: 'checkov',
    rule: /^CKV_AWS_18$/,
    where: /^(Inputs|Outputs)$/,
    reason: 'Access logs: see AwsSolutions-S1.',
  },
  {
    tool: 'checkov',
    rule: /^CKV_AWS_21$/,
    where: /^Inputs$/,
    reason: 'Inputs are written once; what a job was given is named by its hash.',
  },
  {
    tool: 'checkov',
    rule: /^CKV_AWS_(136|149|158)$/,
    where: /^(RepositoryImages|ProviderKey|Owner|NetworkRefusedTraffic|JobEventsLog)/,
    reason: ownKeys,
  },
  {
    tool: 'checkov',
    rule: /^CKV_AWS_26$/,
    where: /^AlertsTopic/,
    reason:
      "EventBridge, Budgets and CloudWatch cannot publish to a topic that is encrypted with AWS's own key; alerts name jobs and hold no data.",
  },
];
