/** Lists of branches and of employees (protocols/onec.md §1.4). */
import type { MisRecord } from '../connector.ts';
import { childOf, textOf, type XmlNode } from '../xml.ts';
import { extrasOf, guidOf, minutesOf, numberOf, requiredGuidOf, untrusted } from './answer.ts';
import { isCabinet } from './cabinet.ts';
import { childrenOf, nameOf, present } from './record.ts';
import type { OnecSettings } from './settings.ts';

export interface Branch extends MisRecord {
  readonly key: string;
  readonly name: string;
}

export function readBranches(root: XmlNode, settings: OnecSettings): Branch[] {
  const { branches } = settings.schedule;
  const known = new Set(['УИД', 'UID', 'Наименование']);
  const read = childrenOf(root, 'Клиника').map((node) => ({
    key: guidOf(node, 'УИД') ?? requiredGuidOf(node, 'UID'),
    name: nameOf(node),
    ...extrasOf(node, known),
  }));
  if (read.length === 0) throw untrusted('1С lists no branch');
  return read.filter(({ key }) => branches.length === 0 || branches.includes(key));
}

export interface Employee extends MisRecord {
  readonly key: string;
  readonly name: string;
  readonly specialization?: string;
  readonly branch?: string;
  readonly isCabinet: boolean;
}

const employeeFields = new Set([
  'UID',
  'Наименование',
  'Фамилия',
  'Имя',
  'Отчество',
  'Специализация',
  'Организация',
  'ОсновныеУслуги',
  'Фото',
  'СреднийРейтинг',
  'КраткоеОписание',
]);

export function readEmployees(root: XmlNode, settings: OnecSettings): Employee[] {
  return childrenOf(root, 'Сотрудник').map((node) => {
    const [name, specialization] = [nameOf(node), textOf(node, 'Специализация')];
    return present({
      key: requiredGuidOf(node, 'UID'),
      name,
      surname: textOf(node, 'Фамилия'),
      givenName: textOf(node, 'Имя'),
      patronymic: textOf(node, 'Отчество'),
      specialization,
      branch: guidOf(node, 'Организация'),
      rating: numberOf(node, 'СреднийРейтинг'),
      summary: textOf(node, 'КраткоеОписание'),
      photo: settings.directory.photos ? textOf(node, 'Фото') : undefined,
      services: readMainServices(node),
      isCabinet: isCabinet(name, specialization, settings),
      ...extrasOf(node, employeeFields),
    });
  });
}

function readMainServices(node: XmlNode): MisRecord[] | undefined {
  const services = (childOf(node, 'ОсновныеУслуги')?.children ?? []).map((service) =>
    present({ key: requiredGuidOf(service, 'UID'), minutes: minutesOf(service, 'Продолжительность') }),
  );
  return services.length === 0 ? undefined : services;
}
