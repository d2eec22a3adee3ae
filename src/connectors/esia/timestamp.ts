/** @returns `2025.12.29 17:47:23 +0000`: always UTC, whatever the server's zone */
export function timestampOf(instant: number): string {
  const [day, time] = new Date(instant).toISOString().split('T') as [string, string];
  return `${day.replaceAll('-', '.')} ${time.slice(0, 8)} +0000`;
}
