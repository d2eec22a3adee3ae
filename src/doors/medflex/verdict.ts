/** What a webhook is answered: always HTTP 200, with this in the body (docs/doors/medflex.md). */
export interface Verdict {
  readonly status_code: 204 | 400 | 401 | 404 | 409 | 416 | 423 | 503;
  readonly text?: string;
  readonly claim_id?: string;
  readonly claim_status?: 'successfully' | 'cancelled';
  /** Local to the clinic. */
  readonly dt_start?: string;
  readonly dt_end?: string;
}

export const busy: Verdict = { status_code: 423, text: 'Slot is busy' };
/** Nothing is known to have been done, and it may be tried again. */
export const notNow: Verdict = { status_code: 423, text: 'The clinic does not answer now' };
export const noSlot: Verdict = { status_code: 416, text: "Slot doesn't exist" };
export const elsewhere: Verdict = {
  status_code: 409,
  text: 'The client has an appointment with another doctor at this time',
};
export const noClaim: Verdict = { status_code: 404, text: 'No such claim' };
export const noAccess: Verdict = { status_code: 401, text: 'Wrong token' };
export const bad = (text: string): Verdict => ({ status_code: 400, text });
export const claimed = (id: string): Verdict => ({ status_code: 204, claim_id: id });
