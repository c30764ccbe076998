import { describe, expect, it } from 'vitest';
import { imageBuildArguments, imageEngines } from './build-arguments.ts';

const build = { target: 'slim', sources: '/checkout', reference: 'jobs:1' } as const;

describe.each(imageEngines)('%s', (engine) => {
  it('builds the target of the checkout’s file, with times that do not change', () => {
    const args = imageBuildArguments({ engine, ...build }).join(' ');
    expect(args).toContain('--file /checkout/Dockerfile.aws --target slim');
    expect(args).toMatch(/--timestamp 0|SOURCE_DATE_EPOCH=0/);
    expect(args).toContain('jobs:1');
    expect(args.endsWith(' /checkout')).toBe(true);
    expect(args).not.toContain('BASE_IMAGE');
  });

  it('takes base images by digest', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const baseImage = `docker.io/library/python@${digest}`;
    const args = imageBuildArguments({ engine, ...build, baseImage });
    expect(args).toContain(`BASE_IMAGE=${baseImage}`);
  });

  it('takes other base images and a private authority', () => {
    const args = imageBuildArguments({
      engine,
      ...build,
      baseImage: 'mirror/debian:13',
      nodeImage: 'mirror/node:24',
      authorities: '/etc/ca.pem',
    }).join(' ');
    expect(args).toContain('--build-arg BASE_IMAGE=mirror/debian:13');
    expect(args).toContain('--build-arg NODE_IMAGE=mirror/node:24');
    expect(args).toContain('--secret id=ca,src=/etc/ca.pem');
  });
});
