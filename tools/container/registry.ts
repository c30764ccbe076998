import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

/** What a push needs of https://github.com/opencontainers/distribution-spec, behind a password. */
export interface Registry {
  /** Host and port. */
  readonly host: string;
  /** The file of the certificate that it shows. */
  readonly certificate: string;
  /** Manifests by `<repository>:<tag>`. */
  readonly manifests: ReadonlyMap<string, { readonly layers: readonly { digest: string }[] }>;
  readonly blobs: ReadonlyMap<string, Buffer>;
  stop(): Promise<void>;
}

/** @param folder gets a key and a certificate of the registry's own. */
export async function startRegistry(
  folder: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<Registry> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'],
    ...['-keyout', key, '-out', certificate],
  ]);
  const allowed = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const uploads = new Map<string, Buffer>();
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { layers: { digest: string }[] }>();

  const answer = async (
    request: IncomingMessage,
  ): Promise<readonly [status: number, headers?: Record<string, string>]> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
    const body = await buffer(request);
    if (request.headers.authorization !== allowed) {
      return [401, { 'www-authenticate': 'Basic realm="registry"' }];
    }
    if (pathname === '/v2/') {
      return [200];
    }
    const [, repository = '', kind, name = ''] =
      /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests)\/(.*)$/.exec(pathname) ?? [];
    switch (`${request.method} ${kind}`) {
      case 'HEAD blobs':
        return blobs.has(name) ? [200, { 'content-length': `${blobs.get(name)?.length}` }] : [404];
      case 'POST blobs/uploads': {
        const id = randomUUID();
        uploads.set(id, Buffer.alloc(0));
        return [202, { location: `/v2/${repository}/blobs/uploads/${id}` }];
      }
      case 'PATCH blobs/uploads':
        uploads.set(name, Buffer.concat([uploads.get(name) ?? Buffer.alloc(0), body]));
        return [202, { location: pathname }];
      case 'PUT blobs/uploads': {
        const blob = Buffer.concat([uploads.get(name) ?? Buffer.alloc(0), body]);
        const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
        if (digest !== searchParams.get('digest')) {
          return [400];
        }
        blobs.set(digest, blob);
        return [201, { location: `/v2/${repository}/blobs/${digest}` }];
      }
      case 'PUT manifests':
        manifests.set(`${repository}:${name}`, JSON.parse(body.toString()));
        return [
          201,
          {
            'docker-content-digest': `sha256:${createHash('sha256').update(body).digest('hex')}`,
          },
        ];
      default:
        return [404];
    }
  };

  const server = createServer(
    { key: await readFile(key), cert: await readFile(certificate) },
    (request, response) => {
      answer(request).then(
        ([status, headers]) => response.writeHead(status, headers).end(),
        (error) => response.writeHead(500).end(String(error)),
      );
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate,
    manifests,
    blobs,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
