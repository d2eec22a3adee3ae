/** The WSDL the way 1С generates one: two ports, document/literal, one element per operation. protocols/onec.md §1.1. */
import { operationNamespace } from './soap.ts';

/** Operation → parameters in order. `Params` is a structure of the 1С core namespace. */
export const signatures = {
  GetListClinic: [],
  GetListEmployees: [],
  GetNomenclatureAndPrices: ['Clinic', 'Params'],
  GetEnlargementSchedule: ['StartDate', 'FinishDate'],
  GetSchedule: ['StartDate', 'FinishDate'],
  GetSchedule20: ['StartDate', 'FinishDate', 'Params'],
  GetReserve: ['Specialization', 'Date', 'TimeBegin', 'EmployeeID', 'Clinic'],
  BookAnAppointment: [
    ...['EmployeeID', 'PatientSurname', 'PatientName', 'PatientFatherName', 'Date', 'TimeBegin', 'Comment', 'Phone'],
    ...['Email', 'Address', 'Clinic', 'GUID'],
  ],
  BookAnAppointmentWithParams: [
    ...['EmployeeID', 'PatientSurname', 'PatientName', 'PatientFatherName', 'Date', 'TimeBegin', 'Comment', 'Phone'],
    ...['Email', 'Address', 'Clinic', 'GUID', 'Params'],
  ],
  FastBookAnAppointment: [
    ...['Specialization', 'PatientSurname', 'PatientName', 'PatientFatherName', 'Date', 'TimeBegin', 'Comment'],
    ...['Phone', 'Email', 'Address', 'Clinic'],
  ],
  GetAppointmentStatus: ['GUID'],
  CancelBookAnAppointment: ['GUID', 'AdditionalInformation', 'Reason'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type OperationName = keyof typeof signatures;

export const operationNames = Object.keys(signatures) as OperationName[];

const core = 'http://v8.1c.ru/8.1/data/core';
const dates = new Set(['StartDate', 'FinishDate', 'Date', 'TimeBegin']);

function typeOf(parameter: string): string {
  if (parameter === 'Params') return 'core:Structure';
  return dates.has(parameter) ? 'xs:dateTime' : 'xs:string';
}

function elementsOf(name: OperationName): string {
  const fields = signatures[name].map(
    (p) => `<xs:element name="${p}" type="${typeOf(p)}" minOccurs="0" nillable="true"/>`,
  );
  return `<xs:element name="${name}"><xs:complexType><xs:sequence>${fields.join('')}</xs:sequence></xs:complexType></xs:element>
<xs:element name="${name}Response"><xs:complexType><xs:sequence><xs:element name="return" type="xs:string" nillable="true"/>
</xs:sequence></xs:complexType></xs:element>`;
}

const structure = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${core}" elementFormDefault="qualified">
<xs:complexType name="Structure"><xs:sequence><xs:element name="Property" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
<xs:sequence><xs:element name="Value" type="xs:anyType" nillable="true"/></xs:sequence>
<xs:attribute name="name" type="xs:string" use="required"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:schema>`;

function messagesOf(name: OperationName): string {
  const part = (element: string) => `<part name="parameters" element="tns:${element}"/>`;
  return `<message name="${name}RequestMessage">${part(name)}</message>
<message name="${name}ResponseMessage">${part(`${name}Response`)}</message>`;
}

function portOperation(name: OperationName): string {
  return `<operation name="${name}"><input message="tns:${name}RequestMessage"/><output message="tns:${name}ResponseMessage"/></operation>`;
}

function bindingOf(prefix: 'soapbind' | 'soap12bind', name: string): string {
  const body = `<${prefix}:body use="literal"/>`;
  const operations = operationNames.map(
    (
      op,
    ) => `<operation name="${op}"><${prefix}:operation style="document" soapAction="${operationNamespace}#Integration:${op}"/>
<input>${body}</input><output>${body}</output></operation>`,
  );
  return `<binding name="${name}" type="tns:IntegrationPortType">
<${prefix}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>${operations.join('\n')}</binding>`;
}

function portOf(prefix: string, name: string, binding: string, address: string): string {
  return `<port name="${name}" binding="tns:${binding}"><${prefix}:address location="${address}"/></port>`;
}

/** @param address where the service answers, escaped by the caller if it needs to be */
export function writeWsdl(address: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap12bind="http://schemas.xmlsoap.org/wsdl/soap12/"
 xmlns:soapbind="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="${operationNamespace}" xmlns:xsd1="${operationNamespace}"
 name="Integration" targetNamespace="${operationNamespace}">
<types>${structure}
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:core="${core}" targetNamespace="${operationNamespace}"
 attributeFormDefault="unqualified" elementFormDefault="qualified"><xs:import namespace="${core}"/>
${operationNames.map(elementsOf).join('\n')}</xs:schema></types>
${operationNames.map(messagesOf).join('\n')}
<portType name="IntegrationPortType">${operationNames.map(portOperation).join('\n')}</portType>
${bindingOf('soapbind', 'IntegrationSoapBinding')}
${bindingOf('soap12bind', 'IntegrationSoap12Binding')}
<service name="Integration">${portOf('soapbind', 'IntegrationSoap', 'IntegrationSoapBinding', address)}
${portOf('soap12bind', 'IntegrationSoap12', 'IntegrationSoap12Binding', address)}</service>
</definitions>`;
}
