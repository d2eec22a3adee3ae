/** What a slow source has answered, by key. */
import type { Clock } from '../instant.ts';

interface MemorySettings {
  /** Answers that are kept; the oldest goes first. */
  readonly most: number;
  /** Milliseconds for which an answer is as good as new. */
  readonly keep: number;
  readonly clock: Clock;
}

/** Milliseconds: what is not there may be there soon, and whoever asks for nonsense asks again. */
const keepNothing = 60_000;

/**
 * A question is under way once at a time. An old answer stands in when there is no new one.
 * @param ask undefined: there is no such thing
 */
export function openMemory<T>(
  { most, keep, clock }: MemorySettings,
  ask: (key: string) => Promise<T | undefined>,
): (key: string) => Promise<T | undefined> {
  const known = new Map<string, { readonly at: number; readonly value: T | undefined }>();
  const asking = new Map<string, Promise<T | undefined>>();

  async function renew(key: string): Promise<T | undefined> {
    try {
      const value = await ask(key);
      known.delete(key);
      known.set(key, { at: clock(), value });
      if (known.size > most) known.delete(known.keys().next().value!);
      return value;
    } catch (error) {
      const old = known.get(key)?.value;
      if (old === undefined) throw error;
      return old;
    } finally {
      asking.delete(key);
    }
  }

  return (key) => {
    const found = known.get(key);
    if (found !== undefined && clock() - found.at < (found.value === undefined ? keepNothing : keep))
      return Promise.resolve(found.value);
    const under = asking.get(key) ?? renew(key);
    asking.set(key, under);
    return under;
  };
}
