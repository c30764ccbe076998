import { jsonReply, type UpstreamReply } from './upstream.ts';

/** The kinds of error that OpenAI's clients tell apart. */
export type OpenAiErrorType =
  | 'authentication_error'
  | 'invalid_request_error'
  | 'server_error'
  | 'upstream_error';

/** An error reply in the form that OpenAI's clients parse: `{"error": {"message", "type", ...}}`. */
export function openAiError(
  status: number,
  type: OpenAiErrorType,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  code: string | null = null,
): UpstreamReply {
  return jsonReply(status, { error: { message, type, param: null, code } }, headers);
}
