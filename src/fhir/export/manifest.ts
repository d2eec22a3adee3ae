/** What a client is told when its export is done. https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status */
import type { ExportState } from './asked.sql.ts';

export function manifestOf(state: ExportState, key: string): object {
  const { base, request, at, files } = state;
  const list = (kind: string) =>
    files
      .filter((f) => f.kind === kind)
      .map((f) => ({ type: f.type, url: `${base}/$export/${key}/${f.number}`, count: f.resources, fileSize: f.bytes }));
  return {
    transactionTime: at!.toISOString(),
    request,
    requiresAccessToken: true,
    output: list('output'),
    deleted: list('deleted'),
    // All or nothing: an export of which a part failed is not done.
    error: [],
  };
}
