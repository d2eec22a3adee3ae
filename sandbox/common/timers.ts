/** What a pretend system does later, unless it is stopped before. */
export interface Timers {
  later(milliseconds: number, work: () => void): void;
  pause(milliseconds: number): Promise<void>;
  /** Nothing that is still to come happens. */
  stop(): void;
}

export function createTimers(): Timers {
  const timers = new Set<NodeJS.Timeout>();
  const later = (milliseconds: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, milliseconds);
    timers.add(timer);
  };
  return {
    later,
    pause: (milliseconds) => new Promise<void>((resolve) => later(milliseconds, resolve)),
    stop: () => timers.forEach((timer) => void clearTimeout(timer)),
  };
}
