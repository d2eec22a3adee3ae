/** Medical documents and what stands in them, as the base tells of them. */

export interface Document {
  readonly key: string;
  readonly number: string | undefined;
  readonly date: number;
  readonly template: string | undefined;
  readonly body: string | undefined;
  readonly employee: string | undefined;
  readonly isDeleted: boolean;
}

export interface Indicator {
  /** `<GUID of the document>;<line>` */
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  readonly value: number | string;
  readonly unit: string | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** A document and what it refers to. */
export interface NamedPaper {
  readonly document: Document;
  readonly title: string | undefined;
  readonly doctor: string | undefined;
  readonly text: string | undefined;
  readonly indicators: readonly Indicator[];
  readonly isOfVisit: boolean;
}
