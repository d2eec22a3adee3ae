/** Errors of a search, each naming the parameter to blame. */
import { Fault } from '../../fault.ts';

/** Echoes a client's own text shortly and without anything that could be markup. */
export function show(text: string): string {
  return JSON.stringify(text.slice(0, 40).replace(/[<>&]/g, ''));
}

export function blame(name: string, text: string): Fault {
  return new Fault('not-supported', `Search parameter ${show(name)} ${text}.`, {
    expression: `http.${name.replace(/[^\w.:-]/g, '').slice(0, 60)}`,
  });
}
