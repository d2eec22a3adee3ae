/** Work that a client waits for only so long, and that goes on whatever becomes of its client. */
export interface UnderWay {
  track(work: Promise<unknown>): void;
  /** The result, or undefined when it comes too late for the client. */
  within<T>(seconds: number, work: Promise<T>): Promise<T | undefined>;
  /** Waits for what went on after its client had been answered. */
  drain(): Promise<void>;
}

export function createUnderWay(): UnderWay {
  const underWay = new Set<Promise<unknown>>();

  function track(work: Promise<unknown>): void {
    const tracked: Promise<unknown> = work.catch(() => {}).finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }

  return {
    track,
    async within(seconds, work) {
      track(work);
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => late.resolve(undefined), seconds * 1000);
      try {
        return await Promise.race([work, late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    async drain() {
      await Promise.all(underWay);
    },
  };
}
