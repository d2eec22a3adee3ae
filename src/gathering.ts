/** Calls that come while others are under way are made together: a statement, a round trip and a commit for all of them. */

/** Calls that are made together at most. So many need no turn: they fill a statement, beside one that is waiting for the disk. */
const enough = 8;
/** Milliseconds after which a turn is given to the next, for the connection of the one before may be dead. */
const patience = 20;

/** Lets work begin in the order in which it came, `width` of it at a time. */
export type Turns = (work: () => Promise<void>) => void;

export function createTurns(width: number): Turns {
  const waiting: (() => Promise<void>)[] = [];
  let free = width;

  async function begin(work: () => Promise<void>): Promise<void> {
    let passed = false;
    const pass = () => {
      if (passed) return;
      passed = true;
      free++;
      beginNext();
    };
    const timer = setTimeout(pass, patience);
    await work();
    clearTimeout(timer);
    pass();
  }

  function beginNext(): void {
    while (free > 0 && waiting.length > 0) {
      free--;
      void begin(waiting.shift()!);
    }
  }

  return (work) => {
    waiting.push(work);
    beginNext();
  };
}

export interface Gathering<Item, Result> {
  /** Answers in the order of its items. */
  together(items: readonly Item[]): Promise<readonly Result[]>;
  /** Makes one call; for each of those that failed together. */
  alone(item: Item): Promise<Result>;
  /** Whether the error of `together` says for certain that nothing was done. */
  isUndone(error: unknown): boolean;
}

interface Call<Item, Result> {
  readonly item: Item;
  done(result: Result): void;
  fail(error: unknown): void;
}

/** A function that makes a call as soon as there is a turn, together with those that have come until then. */
export function gather<Item, Result>(
  turns: Turns,
  gathering: Gathering<Item, Result>,
): (item: Item) => Promise<Result> {
  const { together, alone, isUndone } = gathering;
  const waiting: Call<Item, Result>[] = [];

  async function make(): Promise<void> {
    const calls = waiting.splice(0);
    if (calls.length === 0) return;
    try {
      const results = await together(calls.map((c) => c.item));
      for (const [i, call] of calls.entries()) call.done(results[i]!);
    } catch (error) {
      for (const call of calls) isUndone(error) ? alone(call.item).then(call.done, call.fail) : call.fail(error);
    }
  }

  return (item) =>
    new Promise((done, fail) => {
      waiting.push({ item, done, fail });
      if (waiting.length === 1) turns(make);
      else if (waiting.length === enough) void make();
    });
}
