/** A step of the guide: what it asks for, and what is asked for here. */
export interface Step {
  readonly number: number;
  readonly title: string;
  /** The guide's commands, shortened; an edit of a file counts as one. */
  readonly guide: readonly string[];
  /** What the guide says how long it takes, in minutes. */
  readonly guideMinutes?: readonly [from: number, to: number];
  readonly ours: readonly Ours[];
}

export type Ours =
  /** Not run by the transcript. */
  { readonly said: string } | { readonly args: readonly string[]; readonly answer?: string };

const command = (...args: string[]): Ours => ({ args });

/**
 * Steps 1 to 9 and 15 of the guide.
 *
 * @param tag of the image that is pushed.
 */
export function administrationSteps(tag: string): Step[] {
  return [
    {
      number: 1,
      title: 'Sources and programs',
      guide: ['git clone', 'cd openevolve', 'git checkout aws-deployment'],
      ours: [
        { said: 'git clone <repository>' },
        { said: 'cd openevolve-aws' },
        { said: 'npm install --global @openevolve-aws/cli @openevolve-aws/infra' },
      ],
    },
    {
      number: 2,
      title: 'Credentials of an administrator',
      guide: ['aws configure', 'aws sts get-caller-identity'],
      ours: [{ said: 'aws configure' }],
    },
    {
      number: 3,
      title: 'State of the deployment',
      guide: [
        'ACCOUNT_ID=$(aws sts ...)',
        'aws s3api create-bucket ...',
        'aws s3api put-bucket-versioning ...',
        'aws dynamodb create-table ...',
      ],
      ours: [],
    },
    {
      number: 4,
      title: 'Configuration',
      guide: [
        'cd infra',
        'cp terraform.tfvars.example ...',
        'edit terraform.tfvars',
        'edit main.tf',
      ],
      ours: [{ said: 'edit openevolve.config.json' }],
    },
    {
      number: 5,
      title: 'Deployment',
      guide: [
        'cd infra',
        'terraform init',
        'terraform plan -out=plan.tfplan',
        'terraform apply plan.tfplan',
        'terraform output -json',
      ],
      guideMinutes: [5, 10],
      ours: [{ args: ['deploy'], answer: 'y' }],
    },
    {
      number: 6,
      title: "The provider's key",
      guide: [
        'GEMINI_SECRET_ARN=$(terraform output ...)',
        'aws secretsmanager put-secret-value ...',
      ],
      ours: [{ args: ['secret', 'set'], answer: 'AIzaSyA-made-up-for-this-transcript_0123' }],
    },
    {
      number: 7,
      title: 'The image',
      guide: [
        'cd ..',
        'ECR_URL=$(terraform output ...)',
        'REGION=us-east-1',
        'aws ecr get-login-password | docker login ...',
        'docker build -f Dockerfile.aws ...',
        'docker tag ...',
        'docker push ...',
      ],
      guideMinutes: [5, 10],
      ours: [command('image', 'push'), command('image', 'promote', tag)],
    },
    {
      number: 8,
      title: 'The command on a machine',
      guide: [
        'export OPENEVOLVE_INPUT_BUCKET=...',
        'export OPENEVOLVE_OUTPUT_BUCKET=...',
        'export OPENEVOLVE_JOB_QUEUE=...',
        'export OPENEVOLVE_JOB_DEFINITION=...',
        'export AWS_DEFAULT_REGION=...',
        'chmod +x scripts/openevolve-aws',
        'sudo ln -s ...',
      ],
      ours: [command('configure')],
    },
    {
      number: 9,
      title: 'Credentials of a user',
      guide: [
        'cd infra',
        'terraform output -json user_credentials',
        'aws configure --profile openevolve',
        'export AWS_PROFILE=openevolve',
      ],
      ours: [
        command('outputs', 'user_credentials', '--keys'),
        { said: 'aws configure --profile openevolve' },
        { said: 'export AWS_PROFILE=openevolve' },
      ],
    },
    {
      number: 15,
      title: 'Removal',
      guide: ['cd infra', 'terraform destroy'],
      ours: [{ args: ['destroy'], answer: 'prod' }],
    },
  ];
}
