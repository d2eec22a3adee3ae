/** Deterministic FHIR ids: the same MIS thing has the same id in a rebuilt mirror. UUID version 5, RFC 9562 §5.5. */
import { hash } from 'node:crypto';

/** Namespace of medmost's ids; changing it changes every id ever served. */
const namespace = Buffer.from('6f1d7c0e5b1e4f5c9a3b2d4e6f708192', 'hex');

/** Ids are made by the thousand: two new buffers for each cost more than the digest. */
const scratch = Buffer.alloc(1024);
namespace.copy(scratch);

/**
 * @param clinic key of the clinic in the configuration
 * @param type FHIR resource type
 * @param misId the MIS's own id, opaque: may hold Cyrillic, `;` or spaces
 */
export function idOf(clinic: string, type: string, misId: string): string {
  const h = hash('sha1', named(`${clinic}\n${type}\n${misId}`), 'hex');
  const variant = ((Number.parseInt(h[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-5${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

/** Namespace and name. Valid until the next call. */
function named(name: string): Buffer {
  const longest = namespace.length + 3 * name.length;
  if (longest > scratch.length) return Buffer.concat([namespace, Buffer.from(name, 'utf8')]);
  return scratch.subarray(0, namespace.length + scratch.write(name, namespace.length));
}
