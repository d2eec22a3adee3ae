/** Headers that a subscriber wants to be sent: `Authorization: Bearer …`. Nobody is shown their values, not even the owner. */
import { Fault } from '../../fault.ts';

type Header = readonly [name: string, value: string];

const hidden = '(hidden)';
const mostHeaders = 20;

/** Those that belong to the exchange itself, or would make a request something else. */
const ours =
  /^(host|connection|keep-alive|content-.*|transfer-encoding|te|trailer|upgrade|expect|date|via|cookie|forwarded|x-forwarded-.*|proxy-.*|sec-.*|idempotency-key)$/i;

/** @param known of the version before: a value that is hidden stays what it was. @throws Fault business-rule */
export function headersOf(lines: readonly string[], known: readonly Header[]): readonly Header[] {
  if (lines.length > mostHeaders) throw refuse(`There are ${mostHeaders} headers at most.`);
  return lines.map((line) => {
    const [, name = '', value = ''] =
      /^([\w!#$%&'*+.^`|~-]{1,100}):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]{0,3999}))$/.exec(line) ?? [];
    if (name === '') throw refuse('A header is "Name: value", in characters of ASCII.');
    if (ours.test(name)) throw refuse(`The header ${name} cannot be given: it belongs to the request itself.`);
    if (value.trim() !== hidden) return [name, value.trimEnd()] as const;
    const before = known.find(([n]) => n.toLowerCase() === name.toLowerCase());
    if (before === undefined) throw refuse(`Give the header ${name} its value: none is known here.`);
    return before;
  });
}

const refuse = (text: string) =>
  new Fault('business-rule', text, { expression: 'Subscription.channel.header', code: 'subscription-refused' });

/** As they are shown. */
export const hiddenHeaders = (headers: readonly Header[]): string[] => headers.map(([name]) => `${name}: ${hidden}`);
