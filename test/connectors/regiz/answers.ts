/** Answers of HubService for a plain server: what no sandbox would give. */
import type { Handler } from '../onec/plain-server.ts';

const data = 'http://schemas.datacontract.org/2004/07/HubService2';

/** @param members own ones of the result, with the prefix `h` */
export const answering =
  (members = '', { errors = '', success = 'true', history = '' } = {}): Handler =>
  (response, { operation }) => {
    const id = history === '' ? '' : `<h:IdHistory>${history}</h:IdHistory>`;
    const head = `${errors}${id}<h:Success>${success}</h:Success>`;
    const result = `<${operation}Result xmlns:h="${data}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">${head}${members}</${operation}Result>`;
    const answer = `<${operation}Response xmlns="http://tempuri.org/">${result}</${operation}Response>`;
    response
      .writeHead(200, { 'content-type': 'text/xml; charset=utf-8' })
      .end(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${answer}</s:Body></s:Envelope>`);
  };

const errorsOf = (...ids: number[]): string =>
  `<h:ErrorList>${ids.map((id) => `<h:Error><h:ErrorDescription>Ошибка</h:ErrorDescription><h:IdError>${id}</h:IdError></h:Error>`).join('')}</h:ErrorList>`;

export const refusing = (...ids: number[]): Handler => answering('', { success: 'false', errors: errorsOf(...ids) });
/** Success beside errors. */
export const contradicting = (id: number): Handler => answering('', { errors: errorsOf(id) });

export const card = answering('<h:IdPat>p1</h:IdPat>');

export interface Visit {
  readonly id: string;
  readonly start: string;
  readonly doctor?: string;
}

const visit = ({ id, start, doctor }: Visit): string =>
  `${doctor === undefined ? '' : `<h:DoctorRendingConsultation><h:IdDoc>${doctor}</h:IdDoc></h:DoctorRendingConsultation>`}<h:IdAppointment>${id}</h:IdAppointment><h:VisitStart>${start}</h:VisitStart>`;

export const history = (visits: readonly Visit[], refusals: readonly Visit[] = []): Handler =>
  answering(
    `<h:ListHistoryRefusal>${refusals.map((one) => `<h:HistoryRefusal>${visit(one)}</h:HistoryRefusal>`).join('')}</h:ListHistoryRefusal>` +
      `<h:ListHistoryVisit>${visits.map((one) => `<h:HistoryVisit>${visit(one)}</h:HistoryVisit>`).join('')}</h:ListHistoryVisit>`,
  );

export interface Time {
  readonly id: string;
  readonly start: string;
  readonly end?: string;
}

export const times = (...list: readonly Time[]): Handler =>
  answering(
    `<h:ListAppointments>${list
      .map(
        ({ id, start, end = '0001-01-01T00:00:00' }) =>
          `<h:Appointment><h:IdAppointment>${id}</h:IdAppointment><h:VisitEnd>${end}</h:VisitEnd><h:VisitStart>${start}</h:VisitStart></h:Appointment>`,
      )
      .join('')}</h:ListAppointments>`,
  );
