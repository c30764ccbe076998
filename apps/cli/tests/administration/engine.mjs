#!/usr/bin/env node
// Stands in for podman: writes down how it was called, keeps a list of images, and "pushes" one by
// putting its name into the emulator's ECR.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const args = process.argv.slice(2);
const folder = process.env.ENGINE_FOLDER;
const imagesFile = `${folder}/images.json`;
const images = existsSync(imagesFile) ? JSON.parse(readFileSync(imagesFile, 'utf8')) : [];
const keep = (image) => writeFileSync(imagesFile, JSON.stringify([...images, image]));
const input = args.includes('--password-stdin') ? readFileSync(0, 'utf8') : null;
appendFileSync(`${folder}/calls.jsonl`, `${JSON.stringify({ args, input })}\n`);

switch (args[0]) {
  case '--version':
  case 'login':
    break;
  case 'image':
    process.exitCode = images.includes(args.at(-1)) ? 0 : 125;
    break;
  case 'build':
    console.log('STEP 1/9: FROM node');
    keep(args[args.indexOf('--tag') + 1]);
    break;
  case 'tag':
    keep(args[2]);
    break;
  case 'push': {
    const require = createRequire(process.env.ENGINE_PACKAGES);
    const { ECRClient, PutImageCommand } = require('@aws-sdk/client-ecr');
    const [, repositoryName, imageTag] = /\/([^:]+):(.+)$/.exec(args[1]);
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { digest: imageTag },
      layers: [],
    });
    await new ECRClient({}).send(new PutImageCommand({ repositoryName, imageTag, imageManifest }));
    break;
  }
  default:
    console.error(`podman: unknown command ${args[0]}`);
    process.exitCode = 125;
}
