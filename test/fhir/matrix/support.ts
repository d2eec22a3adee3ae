/** What the ground stands on; a mutant brings the same over its own sources. */
export { workOnce } from '../../../src/fhir/export/exporter.ts';
export { prepareDocument } from '../../../src/store/document.ts';
export { putDocument } from '../../../src/store/documents.sql.ts';
export { ask } from '../../support/hub.ts';
export { createMemoryHub } from '../../support/memory-hub.ts';
export {
  begin,
  createMemoryMis,
  memoryConfig,
  openMemoryClinic,
  quarterSlots,
  schedules,
} from '../../support/memory-mis.ts';
export { addAccount, grant } from '../../support/people.ts';
