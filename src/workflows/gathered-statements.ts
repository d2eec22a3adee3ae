/** The statements that every booking goes through. Those of bookings that come at the same time are made together. */
import { createTurns, gather, type Turns } from '../gathering.ts';
import { type Database, isConnectionLost, type Queryable } from '../postgres.ts';
import { keepReferences, type Reservation } from './booking.sql.ts';
import { type Intent, insertIntents, type Question, readFacts, type SlotFacts } from './claim.sql.ts';
import { type Confirmation, type Confirmed, confirmAlone, confirmBookings } from './confirmation.sql.ts';

export interface BookingStatements {
  readFacts(question: Question): Promise<SlotFacts | undefined>;
  /** Not for a move. @returns false when the slot is not free */
  claim(intent: Intent): Promise<boolean>;
  keepReference(reservation: Reservation): Promise<boolean>;
  confirm(confirmation: Confirmation): Promise<Confirmed | undefined>;
}

/**
 * @param together a pool for keys
 * @param alone for one that failed among others, by a lock or by what another one holds
 */
export function gatherStatements(together: Database, alone: Database): BookingStatements {
  // What only reads commits nothing: it does not wait behind the commits of the others.
  const [reads, writes] = [createTurns(1), createTurns(1)];
  const gathered = <Item, Result>(
    turns: Turns,
    statement: (db: Queryable, items: readonly Item[]) => Promise<Result[]>,
    one = async (db: Queryable, item: Item): Promise<Result> => (await statement(db, [item]))[0]!,
  ) =>
    gather<Item, Result>(turns, {
      together: (items) => statement(together, items),
      alone: (item) => one(alone, item),
      isUndone: (error) => !isConnectionLost(error),
    });
  return {
    readFacts: gathered(reads, readFacts),
    claim: gathered(writes, insertIntents),
    keepReference: gathered(writes, keepReferences),
    confirm: gathered(writes, confirmBookings, confirmAlone),
  };
}
