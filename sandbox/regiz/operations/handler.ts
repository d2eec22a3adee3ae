/** What an operation of HubService gets and gives. */
import type { DataObject } from '../data.ts';
import type { State } from '../state.ts';

export interface HubGround {
  readonly state: State;
  /** Days of doctors that a MIS is just booking into. */
  readonly locks: Set<string>;
  /** A request of the журнал отложенной записи is not what it was. */
  changed(request: DataObject): void;
  /** Waits unless the sandbox is closed before. */
  pause(milliseconds: number): Promise<void>;
}

/**
 * Own members of the result.
 * @param client guid of who calls
 * @throws Refusal for a business error; anything else becomes error 99
 */
export type Handler = (ground: HubGround, ask: DataObject, client: string) => DataObject | Promise<DataObject>;

export interface Handlers {
  readonly [operation: string]: Handler;
}
