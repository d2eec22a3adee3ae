/** A letter as it came over SMTP, read as far as a plain text one goes (RFC 5322, 2045, 2047). */

export interface ReceivedLetter {
  readonly number: number;
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly text: string;
  readonly at: string;
}

export function readLetter(raw: Buffer): Pick<ReceivedLetter, 'headers' | 'subject' | 'text'> {
  const all = raw.toString('latin1');
  const [head = '', body = ''] = all.split(/\r?\n\r?\n(.*)/s);
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), value];
    }),
  );
  const encoding = (headers['content-transfer-encoding'] ?? '7bit').toLowerCase();
  return { headers, subject: decodeWords(headers['subject'] ?? ''), text: decodeBody(body, encoding) };
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  const bytes = encoding === 'quoted-printable' ? quoted(body.replace(/=\r?\n/g, '')) : body;
  return Buffer.from(bytes, 'latin1').toString('utf8').replace(/\r\n/g, '\n');
}

const quoted = (text: string) =>
  text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** `=?UTF-8?B?…?=`, `=?UTF-8?Q?…?=`; blanks between two of them are none. */
function decodeWords(text: string): string {
  const joined = text.replace(/\?=\s+=\?/g, '?==?');
  const bytes = joined.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, value: string) =>
    kind.toLowerCase() === 'b' ? Buffer.from(value, 'base64').toString('latin1') : quoted(value.replaceAll('_', ' ')),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
