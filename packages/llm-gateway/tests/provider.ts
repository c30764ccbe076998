import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A provider on the loopback interface that answers with `listener`. */
export interface TestProvider extends AsyncDisposable {
  /** Its base URL. */
  readonly url: string;
  readonly host: string;
}

export async function startProvider(listener: RequestListener): Promise<TestProvider> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A completion as providers send it: 11 prompt tokens and 4 completion tokens. */
export function completion(content: string | null = 'hello'): string {
  return JSON.stringify({
    id: 'reply',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 },
  });
}

/** A listener that sends a JSON body with a status. */
export function sends(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
}
