/** Local times as a base of the HTTP service reads them: each in a way of its own (protocols/onec.md §2). */

/** @param local `yyyy-mm-ddThh:mm:ss` @param template of `settings.times` */
export function writeTime(local: string, template: string): string {
  const [, year, month, day, hour, minute, second] = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})$/.exec(local)!;
  const parts: Readonly<Record<string, string>> = {
    ...{ yyyy: year!, MM: month!, M: String(Number(month)), dd: day!, d: String(Number(day)) },
    ...{ HH: hour!, H: String(Number(hour)), mm: minute!, ss: second! },
  };
  return template.replace(/yyyy|MM|M|dd|d|HH|H|mm|ss/g, (part) => parts[part]!);
}
