import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';

export interface ImageRepositoryProps {
  readonly name: string;
  /** What job definitions run. */
  readonly imageTag: string;
}

/** Beside the image that jobs run: those that they ran before, and those that were only tried. */
const IMAGES_KEPT = 100;

/**
 * The images of jobs, scanned when they are pushed. A tag never changes what it means, so the
 * revision of a job definition runs the same image for ever. The newest 100 are kept, and the one
 * that jobs run however many are newer: an attempt whose image is gone cannot start.
 */
export class ImageRepository extends Construct {
  readonly repository: Repository;

  constructor(scope: Construct, id: string, { name, imageTag }: ImageRepositoryProps) {
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
        {
          // What a rule speaks of no later rule can expire, and this one never has two images.
          rulePriority: 2,
          description: 'the image that jobs run',
          tagPatternList: [imageTag],
          maxImageCount: 1,
        },
        { rulePriority: 3, description: 'the newest', maxImageCount: IMAGES_KEPT },
      ],
      // An image can be built again; a repository that stays would be in the way of its successor.
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
    });
  }
}
