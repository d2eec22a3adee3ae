/** Calls that come while an earlier one is under way are made together: a statement, a round trip and a commit for all of them. */

/** A statement takes 16 rows in little more than twice the time of one; more would only let them wait for each other. */
const atMost = 16;
/** Milliseconds after which the next calls no longer wait for those before them, whose connection may be dead. */
const patience = 20;

interface Call<Item, Result> {
  readonly item: Item;
  done(result: Result): void;
  fail(error: unknown): void;
}

/**
 * A function that makes a call at once when none is under way, else together with those that come meanwhile.
 * @param together answers in the order of its items
 * @param alone makes one call; tried for each when they failed together
 * @param mayPart whether that error says for certain that nothing was done
 */
export function gather<Item, Result>(
  together: (items: readonly Item[]) => Promise<readonly Result[]>,
  alone: (item: Item) => Promise<Result>,
  mayPart: (error: unknown) => boolean,
): (item: Item) => Promise<Result> {
  const waiting: Call<Item, Result>[] = [];
  let underWay = false;

  async function makeNext(): Promise<void> {
    const calls = waiting.splice(0, atMost);
    underWay = calls.length > 0;
    if (!underWay) return;
    let passed = false;
    const pass = () => {
      if (!passed) void makeNext();
      passed = true;
    };
    const timer = setTimeout(pass, patience);
    await make(calls);
    clearTimeout(timer);
    pass();
  }

  async function make(calls: readonly Call<Item, Result>[]): Promise<void> {
    try {
      const results = await together(calls.map((c) => c.item));
      for (const [i, call] of calls.entries()) call.done(results[i]!);
    } catch (error) {
      for (const call of calls) mayPart(error) ? alone(call.item).then(call.done, call.fail) : call.fail(error);
    }
  }

  return (item) =>
    new Promise((done, fail) => {
      waiting.push({ item, done, fail });
      if (!underWay) void makeNext();
    });
}
