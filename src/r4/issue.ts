/** What a validator finds: ready to be an issue of an OperationOutcome (R4 operationoutcome.html). */

export type IssueCode =
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'code-invalid'
  | 'business-rule'
  | 'too-long'
  | 'too-costly'
  | 'extension'
  | 'not-supported';

export interface Issue {
  readonly severity: 'error' | 'warning' | 'information';
  /** Of R4's issue-type. */
  readonly code: IssueCode;
  /** One or two English sentences: what is wrong, and how to mend it. Never holds a value of the resource. */
  readonly text: string;
  /** FHIRPath of the place: `Appointment.participant[0].actor`. */
  readonly expression: string;
}

/** Issues found so far and the place where the walk is. One for each call of `validate`. */
export class Report {
  readonly issues: Issue[] = [];
  readonly #place: (string | number)[] = [];
  readonly #limit: number;

  constructor(root: string, limit: number) {
    this.#place.push(root);
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.issues.length >= this.#limit;
  }

  enter(step: string | number): void {
    this.#place.push(step);
  }

  leave(): void {
    this.#place.pop();
  }

  /** `text` follows the place in a sentence, or stands for itself after a colon. `step` is one below the present place. */
  add(code: IssueCode, text: string, step?: string, severity: Issue['severity'] = 'error'): void {
    if (this.isFull) return;
    const expression = step === undefined ? this.#expression() : `${this.#expression()}.${step}`;
    this.issues.push({ severity, code, text: `${expression}${text.startsWith(':') ? '' : ' '}${text}`, expression });
  }

  #expression(): string {
    const [root, ...steps] = this.#place;
    return steps.reduce<string>((text, s) => (typeof s === 'number' ? `${text}[${s}]` : `${text}.${s}`), String(root));
  }
}
