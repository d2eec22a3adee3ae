/** WSDL 1.1 of a contract, with both bindings, as WCF writes it: all in one document. https://www.w3.org/TR/wsdl */
import {
  type Contract,
  isDerived,
  type Members,
  membersOf,
  type Namespace,
  type Operation,
  parseReference,
  primitives,
  type Reference,
} from './contract.ts';
import { arraysUri, escapeXml } from './write.ts';

/** @param url at which the service answers; SOAP 1.2 at `<url>/soap12` */
export function writeWsdl(contract: Contract, url: string): string {
  const { namespace, service, port, operations, namespaces } = contract;
  const prefixes = Object.entries(namespaces).map(([prefix, { uri }]) => ` xmlns:${prefix}="${uri}"`);
  const names = Object.keys(operations);
  const schemas = [
    wrapperSchema(contract),
    ...Object.entries(namespaces).map(([prefix, space]) => dataSchema(contract, prefix, space)),
    arraysSchema(contract),
  ];
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<wsdl:definitions name="${service}" targetNamespace="${namespace}" xmlns:tns="${namespace}"${prefixes.join('')}`,
    ` xmlns:a="${arraysUri}" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"`,
    ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"',
    ' xmlns:ser="http://schemas.microsoft.com/2003/10/Serialization/">',
    `<wsdl:types>${schemas.join('')}${guidSchema}</wsdl:types>`,
    ...names.map((name) => messagesOf(contract, name)),
    `<wsdl:portType name="${port}">${names.map((name) => portOperation(contract, name)).join('')}</wsdl:portType>`,
    bindingOf(contract, 'soap'),
    bindingOf(contract, 'soap12'),
    `<wsdl:service name="${service}">`,
    `<wsdl:port name="Soap_${port}" binding="tns:Soap_${port}"><soap:address location="${escapeXml(url)}"/></wsdl:port>`,
    `<wsdl:port name="Soap12_${port}" binding="tns:Soap12_${port}">`,
    `<soap12:address location="${escapeXml(url)}/soap12"/></wsdl:port>`,
    '</wsdl:service></wsdl:definitions>',
  ].join('');
}

const schemaOf = (uri: string, imports: string, inner: string): string =>
  `<xs:schema elementFormDefault="qualified" targetNamespace="${uri}">${imports}${inner}</xs:schema>`;

const guidSchema = schemaOf(
  'http://schemas.microsoft.com/2003/10/Serialization/',
  '',
  '<xs:simpleType name="guid"><xs:restriction base="xs:string"><xs:pattern ' +
    'value="[\\da-fA-F]{8}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{12}"/></xs:restriction></xs:simpleType>',
);

function importsOf(contract: Contract, own: string): string {
  const uris = [...Object.values(contract.namespaces).map(({ uri }) => uri), arraysUri];
  const others = [...uris, 'http://schemas.microsoft.com/2003/10/Serialization/'].filter((uri) => uri !== own);
  return others.map((uri) => `<xs:import namespace="${uri}"/>`).join('');
}

function wrapperSchema(contract: Contract): string {
  const elements = Object.entries(contract.operations).map(([name, { parameters, result }]: [string, Operation]) => {
    const answer: Members = result === undefined ? {} : { [`${name}Result`]: result };
    return elementType(name, parameters) + elementType(`${name}Response`, answer);
  });
  return schemaOf(contract.namespace, importsOf(contract, contract.namespace), elements.join(''));
  function elementType(name: string, members: Members): string {
    const inner = Object.entries(members).map(([member, text]) => memberOf(contract, member, parseReference(text, '')));
    return `<xs:element name="${name}"><xs:complexType><xs:sequence>${inner.join('')}</xs:sequence></xs:complexType></xs:element>`;
  }
}

/** Value types are not nillable; every member may be absent. */
function memberOf(contract: Contract, name: string, reference: Reference): string {
  const enumeration = contract.namespaces[reference.prefix]?.enums?.[reference.name];
  const isValue = (primitives.has(reference.name) && reference.name !== 'string') || enumeration !== undefined;
  const nillable = !isValue || reference.nullable || reference.list ? ' nillable="true"' : '';
  return `<xs:element name="${name}" minOccurs="0"${nillable} type="${typeOf(reference)}"/>`;
}

function typeOf({ prefix, name, list }: Reference): string {
  if (list) return primitives.has(name) ? `a:ArrayOf${name}` : `${prefix}:ArrayOf${name}`;
  if (name === 'guid') return 'ser:guid';
  return primitives.has(name) ? `xs:${name}` : `${prefix}:${name}`;
}

function dataSchema(contract: Contract, prefix: string, { uri, types, enums = {} }: Namespace): string {
  const literals = Object.entries(enums).map(([name, values]) => {
    const inner = values.map((value) => `<xs:enumeration value="${escapeXml(value)}"/>`).join('');
    return `<xs:simpleType name="${name}"><xs:restriction base="xs:string">${inner}</xs:restriction></xs:simpleType>`;
  });
  const complex = Object.entries(types).map(([name, type]) => {
    const own = Object.entries(isDerived(type) ? type[1] : type);
    const inner = own.map(([member, text]) => memberOf(contract, member, parseReference(text, prefix))).join('');
    const sequence = `<xs:sequence>${inner}</xs:sequence>`;
    if (!isDerived(type)) return `<xs:complexType name="${name}">${sequence}</xs:complexType>`;
    const base = parseReference(type[0], prefix);
    const extension = `<xs:extension base="${base.prefix}:${base.name}">${sequence}</xs:extension>`;
    const content = `<xs:complexContent mixed="false">${extension}</xs:complexContent>`;
    return `<xs:complexType name="${name}">${content}</xs:complexType>`;
  });
  const arrays = listsOf(contract, (r) => r.prefix === prefix && !primitives.has(r.name)).map((name) =>
    arrayType(name, `${prefix}:${name}`, true),
  );
  return schemaOf(uri, importsOf(contract, uri), [...literals, ...complex, ...arrays].join(''));
}

function arraysSchema(contract: Contract): string {
  const names = listsOf(contract, ({ name }) => primitives.has(name));
  return schemaOf(arraysUri, '', names.map((name) => arrayType(name, `xs:${name}`, name === 'string')).join(''));
}

function arrayType(name: string, type: string, nillable: boolean): string {
  const item = `<xs:element name="${name}" minOccurs="0" maxOccurs="unbounded"${nillable ? ' nillable="true"' : ''} type="${type}"/>`;
  return `<xs:complexType name="ArrayOf${name}"><xs:sequence>${item}</xs:sequence></xs:complexType>`;
}

/** Names of what lists are made of, wherever they stand. */
function listsOf(contract: Contract, wanted: (reference: Reference) => boolean): string[] {
  const references = [
    ...Object.values(contract.operations).flatMap(({ parameters }) =>
      Object.values(parameters).map((text) => parseReference(text, '')),
    ),
    ...Object.entries(contract.namespaces).flatMap(([prefix, { types }]) =>
      Object.keys(types).flatMap((name) => membersOf(contract, prefix, name).map(({ reference }) => reference)),
    ),
  ];
  return [...new Set(references.filter((r) => r.list && wanted(r)).map(({ name }) => name))].sort();
}

const messageName = ({ port }: Contract, name: string, side: string): string => `${port}_${name}_${side}Message`;

function messagesOf(contract: Contract, name: string): string {
  const message = (side: string, element: string) =>
    `<wsdl:message name="${messageName(contract, name, side)}"><wsdl:part name="parameters" element="tns:${element}"/></wsdl:message>`;
  return message('Input', name) + message('Output', `${name}Response`);
}

const portOperation = (contract: Contract, name: string): string =>
  `<wsdl:operation name="${name}"><wsdl:input message="tns:${messageName(contract, name, 'Input')}"/>` +
  `<wsdl:output message="tns:${messageName(contract, name, 'Output')}"/></wsdl:operation>`;

function bindingOf({ port, operations, namespace }: Contract, soap: 'soap' | 'soap12'): string {
  const body = `<${soap}:body use="literal"/>`;
  const inner = Object.keys(operations).map(
    (name) =>
      `<wsdl:operation name="${name}"><${soap}:operation soapAction="${namespace}${port}/${name}" style="document"/>` +
      `<wsdl:input>${body}</wsdl:input><wsdl:output>${body}</wsdl:output></wsdl:operation>`,
  );
  const name = `${soap === 'soap' ? 'Soap' : 'Soap12'}_${port}`;
  const transport = `<${soap}:binding transport="http://schemas.xmlsoap.org/soap/http"/>`;
  return `<wsdl:binding name="${name}" type="tns:${port}">${transport}${inner.join('')}</wsdl:binding>`;
}
