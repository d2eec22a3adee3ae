/** Why an exchange with a MIS gave nothing usable: the three cases of RELIABILITY.md §4 that a caller must tell apart. */

/**
 * `unsent`: certain that no byte of the request reached the MIS. `lost`: something may have been sent and no usable answer
 * came. `untrusted`: an answer came and cannot be believed. For a write the last two both mean "outcome unknown".
 */
export type ExchangeFailure = 'unsent' | 'lost' | 'untrusted';

/** Details of an answer that failed, kept for the message log. */
export interface FailedAnswer {
  /** Whether the same read may succeed later. Default: true. */
  readonly retryable?: boolean;
  /** HTTP status, when there was an answer. */
  readonly status?: number;
  /** What came back, unredacted: for the redacting recorder only. */
  readonly response?: string;
  readonly cause?: unknown;
}

/** The message names no person and quotes nothing of the MIS's answer. */
export class ExchangeError extends Error {
  readonly failure: ExchangeFailure;
  readonly answer: FailedAnswer;

  constructor(failure: ExchangeFailure, message: string, answer: FailedAnswer = {}) {
    super(message, answer.cause === undefined ? undefined : { cause: answer.cause });
    this.name = 'ExchangeError';
    this.failure = failure;
    this.answer = answer;
  }

  get retryable(): boolean {
    return this.answer.retryable ?? true;
  }
}
