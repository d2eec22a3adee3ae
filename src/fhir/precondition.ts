/** What a write may be made to depend on. https://hl7.org/fhir/R4/http.html#concurrency */
import { Fault } from '../fault.ts';
import type { Asked } from './resource.ts';

/** If-Match with weak and strong forms. @throws Fault 412 when the client has seen another version, 400 when the header is no ETag */
export function checkVersion(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const wanted = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch.trim())?.[1];
  if (wanted === undefined)
    throw new Fault('bad-value', 'If-Match takes an ETag such as W/"3".', { expression: 'http.if-match' });
  if (Number(wanted) !== version)
    throw new Fault('version-mismatch', `The current version is ${version}: read it again and repeat the change.`, {
      expression: 'http.if-match',
    });
}

/** HTTP's other preconditions of a write: passed over, they would let a write happen that was not to. @throws Fault 400 */
export function refuseOthers(headers: Asked['headers']): void {
  for (const name of ['If-None-Match', 'If-Unmodified-Since'])
    if (headers[name.toLowerCase()] !== undefined)
      throw new Fault('not-supported', `A write takes no ${name}: send If-Match, or If-None-Exist to create.`, {
        expression: `http.${name.toLowerCase()}`,
      });
}
