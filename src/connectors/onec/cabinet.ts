/** Cabinets and equipment stand among the employees of 1С; only their names tell them (protocols/onec.md §1.3). */
import type { OnecSettings } from './settings.ts';

/** Whether an «employee» without a specialisation is a room or a device: its name says so, or is no person's name. */
export function isCabinet(name: string, specialization: string | undefined, settings: OnecSettings): boolean {
  if (specialization !== undefined) return false;
  const words = new RegExp(`(?<!\\p{L})(?:${settings.schedule.cabinetNames})`, 'iu');
  return words.test(name) || !/^\p{Lu}\S*\s+\p{Lu}/u.test(name);
}
