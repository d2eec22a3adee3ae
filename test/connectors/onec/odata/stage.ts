/** The connector before the sandbox with OData, over real HTTP. */
import {
  type OdataSandbox,
  type OdataSandboxOptions,
  startOdataSandbox,
} from '../../../../sandbox/onec-odata/server.ts';
import { type Connected, connect } from '../connect.ts';

/** Names of the sandbox's own base. */
export const entities = {
  branches: { set: 'Catalog_Отделения' },
  staff: {
    set: 'Catalog_Сотрудники',
    filter: 'Уволен eq false',
    fields: {
      surname: 'Фамилия',
      givenName: 'Имя',
      patronymic: 'Отчество',
      branch: 'Отделение_Key',
      specialization: 'Специальность_Key',
    },
  },
  specializations: { set: 'Catalog_Специальности' },
};

/** What is needed to give times and to book. */
export const reception = {
  patients: {
    set: 'Catalog_Картотека',
    fields: { birthday: 'ДатаРождения', phone: 'Телефон', snils: 'СНИЛС' },
  },
  hours: {
    set: 'InformationRegister_ГрафикПриема',
    fields: { employee: 'Сотрудник_Key', day: 'День', start: 'Начало', end: 'Окончание', minutes: 'Длительность' },
  },
  visits: {
    set: 'Document_ЗаписьНаПрием',
    fields: {
      ...{ date: 'Date', start: 'Начало', end: 'Окончание', employee: 'Сотрудник_Key', branch: 'Отделение_Key' },
      ...{ patient: 'Пациент_Key', comment: 'Комментарий', status: 'Состояние' },
    },
    cancelled: ['Отменена'],
  },
};

/** Settings of a clinic that is booked. */
export const bookable = {
  entities: { ...entities, ...reception },
  booking: { create: { Состояние: 'Записан' } },
};

/** What doctors write, by the names of 1С:Медицина. */
export const paperEntities = {
  documents: {
    set: 'Document_МедицинскийДокумент',
    fields: {
      ...{ patient: 'Пациент_Key', template: 'ШаблонМедицинскогоДокумента_Key' },
      ...{ body: 'CDAДокумент_Key', employee: 'Сотрудник_Key' },
    },
  },
  templates: { set: 'Catalog_ШаблоныМедицинскихДокументов' },
  bodies: { set: 'Catalog_CDAДокументы', fields: { content: 'ТелоДокумента_Base64Data' } },
  indicators: {
    set: 'Document_МедицинскийДокумент_ПоказателиЗдоровья',
    fields: {
      ...{ kind: 'Показатель_Key', value: 'Значение', unit: 'ЕдиницаИзмерения_Key' },
      ...{ low: 'ЗначениеМинимум', high: 'ЗначениеМаксимум' },
    },
  },
  indicatorKinds: { set: 'ChartOfCharacteristicTypes_ВидыПоказателейЗдоровья' },
  units: { set: 'Catalog_ЕдиницыИзмеренияПоказателей' },
};

export const papered = { ...bookable, entities: { ...bookable.entities, ...paperEntities } };

export interface OdataStage {
  readonly sandbox: OdataSandbox;
  /** Another connection. */
  open(settings?: Record<string, unknown>): Connected;
  close(): Promise<void>;
}

export async function openOdataStage(options: OdataSandboxOptions = {}): Promise<OdataStage> {
  const sandbox = await startOdataSandbox({ start: '2026-12-01', ...options });
  const opened: Connected[] = [];
  return {
    sandbox,
    open(settings = {}) {
      const one = connect({ ...settingsFor(sandbox), ...settings });
      opened.push(one);
      return one;
    },
    async close() {
      for (const { operations } of opened) await operations.close();
      await sandbox.close();
    },
  };
}

const settingsFor = ({ url, login, password }: OdataSandbox) => ({
  profile: 'odata',
  ...{ url, login, password, entities },
  guard: { readRepeats: 0, breakAfter: 1000 },
});

export const soon = () => AbortSignal.timeout(20_000);
