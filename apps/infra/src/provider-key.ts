import { PROVIDER_KEY_PLACEHOLDER } from '@openevolve-aws/job-spec';
import { RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** The field of the secret, and the variable of the container, that hold the key. */
export const KEY_FIELD = 'GEMINI_API_KEY';

/**
 * The secret with the model provider's key: `{"GEMINI_API_KEY": "..."}`. It begins with a
 * placeholder that the software recognises. The real key is put in place later and never passes
 * through a template; a later deployment leaves it alone.
 */
export class ProviderKey extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secret = new Secret(this, 'Key', {
      description: `OpenEvolve: the model provider's key as {"${KEY_FIELD}": "..."}`,
      secretObjectValue: { [KEY_FIELD]: SecretValue.unsafePlainText(PROVIDER_KEY_PLACEHOLDER) },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
