import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';

export interface ImageRepositoryProps {
  readonly name: string;
}

/**
 * The images of jobs, scanned when they are pushed. A tag never changes what it means, so the
 * revision of a job definition runs the same image for ever; the newest 30 are kept.
 */
export class ImageRepository extends Construct {
  readonly repository: Repository;

  constructor(scope: Construct, id: string, { name }: ImageRepositoryProps) {
    super(scope, id);
    this.repository = new Repository(this, 'Images', {
      repositoryName: name,
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      encryption: RepositoryEncryption.AES_256,
      lifecycleRules: [
        {
          rulePriority: 1,
          description: 'layers that no tag names',
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(7),
        },
        { rulePriority: 2, description: 'the newest 30', maxImageCount: 30 },
      ],
      // An image can be built again; a repository that stays would be in the way of its successor.
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
    });
  }
}
