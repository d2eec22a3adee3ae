/** Rules that R4 states in words and not as invariants. Each looks at a value that is right otherwise. */
import { checkDocument } from './document.ts';
import type { Report } from './issue.ts';
import { isObject, itemsOf, type Json } from './json.ts';
import { isReversed } from './order.ts';

export type ProseRule = (value: Json, report: Report) => void;

/** By type or backbone path. */
export const proseRules: Readonly<Record<string, ProseRule>> = {
  Appointment: checkOrder,
  Attachment: checkSize,
  Bundle: checkBundle,
  'Bundle.entry': checkFullUrl,
  Slot: checkOrder,
};

/** What R4 does not state at all and every scheduler needs. */
function checkOrder({ start, end }: Json, report: Report): void {
  if (isReversed(start, end)) report.add('business-rule', 'is before start; let it end after it begins.', 'end');
}

/** https://hl7.org/fhir/R4/datatypes.html#Attachment: size is of the data before base64. */
function checkSize({ data, size }: Json, report: Report): void {
  if (typeof data !== 'string' || typeof size !== 'number') return;
  const digits = data.replace(/[\s=]+/g, '').length;
  if (size !== Math.floor((digits * 3) / 4))
    report.add('value', 'is not the number of bytes in data; correct it or leave it out.', 'size');
}

const once = new Set<unknown>(['self', 'first', 'previous', 'prev', 'next', 'last']);

function checkBundle(bundle: Json, report: Report): void {
  checkLinks(bundle, report);
  checkDocument(bundle, report);
}

/** https://hl7.org/fhir/R4/http.html#paging */
function checkLinks(bundle: Json, report: Report): void {
  const relations = itemsOf(bundle, 'link').map((l) => l.relation);
  const twice = relations.findIndex((name, i) => once.has(name) && relations.indexOf(name) < i);
  if (twice !== -1)
    report.add('business-rule', ': there is a link of this relation before; keep one.', `link[${twice}]`);
}

const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const restful = /^https?:\/\/.*\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/;

/** https://hl7.org/fhir/R4/bundle.html#bundle-unique: absolute, and of the resource's own type and id when it is RESTful. */
function checkFullUrl({ fullUrl, resource, request }: Json, report: Report): void {
  if (typeof fullUrl !== 'string') return;
  if (!absolute.test(fullUrl)) report.add('value', 'must be an absolute URL or urn:uuid:….', 'fullUrl');
  const [, type, id] = restful.exec(fullUrl) ?? [];
  if (type === undefined || !isObject(resource)) return;
  // A resource that is yet to be created has no id.
  const isNew = isObject(request) && request.method === 'POST' && resource.id === undefined;
  if (resource.resourceType !== type || (resource.id !== id && !isNew))
    report.add('value', 'must end with the type and id of its resource.', 'fullUrl');
}
