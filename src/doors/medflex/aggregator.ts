/** Requests to MedFlex. Its API is told in docs/doors/medflex.md. */
import { withDeadline } from '../../deadline.ts';
import type { MedflexSettings } from './settings.ts';

export interface Aggregator {
  /** @throws AggregatorFailure when it is to be sent again */
  sendSchedule(body: object): Promise<Sent>;
  sendChange(body: object): Promise<Sent>;
}

/** `refused`: the same body would be refused again. */
export type Sent = { readonly outcome: 'taken' } | { readonly outcome: 'refused'; readonly status: number };

export class AggregatorFailure extends Error {
  override name = 'AggregatorFailure';
  /** Seconds that MedFlex wants to be left alone for. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter = 0) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** Of 4xx, those that do not blame the body: a token that is mended, a limit that passes. */
const passing = new Set([401, 403, 408, 425, 429]);

export function createAggregator(settings: MedflexSettings['medflex']): Aggregator {
  const { url, token, schedulePath, changesPath, timeoutSeconds } = settings;
  const send = async (path: string, body: object): Promise<Sent> => {
    const { status, headers } = await withDeadline(timeoutSeconds * 1000, (signal) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Token ${token}`, 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal,
      }).then(async (answer) => {
        // What it says beside the status is not specified, and may be of any length.
        await answer.body?.cancel();
        return answer;
      }),
    ).catch((error: Error) => {
      throw new AggregatorFailure(`MedFlex does not answer: ${codeOf(error)}`);
    });
    if (status >= 200 && status < 300) return { outcome: 'taken' };
    if (status >= 400 && status < 500 && !passing.has(status)) return { outcome: 'refused', status };
    throw new AggregatorFailure(`MedFlex answers ${status}`, secondsOf(headers.get('retry-after')));
  };
  return {
    sendSchedule: (body) => send(schedulePath, body),
    sendChange: (body) => send(changesPath, body),
  };
}

const longestPause = 3600;

const secondsOf = (header: string | null) => (/^\d+$/.test(header ?? '') ? Math.min(Number(header), longestPause) : 0);

function codeOf({ name, cause }: Error): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : name;
}
