/** Where a page ended: the sort value and the id of its last match. Opaque to clients, without personal data for slots. */
import { Fault } from '../../fault.ts';

export function encodeCursor(value: string, id: string): string {
  return Buffer.from(JSON.stringify([value, id])).toString('base64url');
}

/** @throws Fault for a text that is no cursor of ours */
export function decodeCursor(text: string): readonly [value: string, id: string] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(parsed) && parsed.length === 2 && parsed.every((p) => typeof p === 'string' && p.length < 300)) {
      const [value, id] = parsed as [string, string];
      if (/^(\d{1,18}|[0-9a-f-]{36})$/.test(id)) return [value, id];
    }
  } catch {
    // falls through to the one answer for every text that is no cursor
  }
  throw new Fault('bad-value', 'This page link is not one of ours. Follow the links of the Bundle as they are.', {
    expression: 'http._cursor',
  });
}
