/** If-Match with weak and strong forms. https://hl7.org/fhir/R4/http.html#concurrency */
import { Fault } from '../fault.ts';

/** @throws Fault 412 when the client has seen another version, 400 when the header is no ETag */
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
