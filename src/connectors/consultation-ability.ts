/** The part of the connector contract that is about consultations that go through a region's workflow, stage by stage. Types only. */
import type { MisRecord, WriteContext, WriteOutcome } from './connector.ts';

/** An engine that leads consultations through workflows. Its stages mean what the clinic's configuration says. */
export interface ConsultationAbility {
  /** System of the codings of `Encounter.type` by which one is known that goes through a workflow; the code names the workflow. */
  readonly category: string;
  knows(workflow: string): boolean;
  /** Whether a clinic may bring an Encounter into this status. */
  canMove(workflow: string, status: string): boolean;
  /** What the engine would refuse for certain, as a sentence, Russian; undefined: nothing. */
  unfit(request: MisRecord): string | undefined;
  /**
   * One attempt to begin. Never repeats a write by itself. Whatever is not understood is `unknown`.
   * @param request what the mapping `Encounter` → MIS made
   * @param context its `booking` is the id of the Encounter, by which one whose answer was lost is found again
   */
  start(workflow: string, request: MisRecord, context: WriteContext): Promise<WriteOutcome>;
  /** Read only: the process that was begun for our id; undefined: it is not there. @throws MisReadError */
  find(workflow: string, request: MisRecord, own: string, signal: AbortSignal): Promise<string | undefined>;
  /** Where it stands. @throws MisReadError */
  read(workflow: string, reference: string, signal: AbortSignal): Promise<Stage>;
  /** One attempt to bring it on, by the transition that leads to this status. A repeated one does no harm: it is refused. */
  move(
    workflow: string,
    reference: string,
    status: string,
    request: MisRecord,
    context: WriteContext,
  ): Promise<WriteOutcome>;
  /** Milliseconds after the start of a write during which the engine may still commit it. From the clinic's configuration. */
  readonly graceMilliseconds: number;
  /** Milliseconds after which it is worth asking again where one stands. */
  readonly followMilliseconds: number;
}

export interface Stage {
  /** Its id in the engine. */
  readonly id: string;
  /** Encounter.status that it means; undefined: the configuration does not know it. */
  readonly status: string | undefined;
}
