/** The WSDL of a service, made of its contract; WCF hands the schemas out one by one, here they are inside. */
import type { ClassType, Contract, Member, Type } from './contract.ts';
import { operationNamespace } from './contract.ts';
import type { SoapService } from './soap-service.ts';
import { escapeXml } from './xml.ts';

const serialization = 'http://schemas.microsoft.com/2003/10/Serialization/';
const guidSchema = `<xs:schema targetNamespace="${serialization}"><xs:simpleType name="guid"><xs:restriction base="xs:string"><xs:pattern value="[\\da-fA-F]{8}(-[\\da-fA-F]{4}){3}-[\\da-fA-F]{12}"/></xs:restriction></xs:simpleType></xs:schema>`;

/** @param address at which the service is called */
export function writeWsdl(service: SoapService, address: string): string {
  const { contract } = service;
  const name = /\/I(\w+)\/$/.exec(service.action)?.[1] ?? 'appointment';
  const namespaces = [...new Set([...contract.types].map((type) => type.namespace)), serialization];
  const prefix = new Map(
    namespaces.map((namespace, n) => [namespace, namespace === operationNamespace ? 'tns' : `q${n}`]),
  );
  const declared = [...prefix].map(([namespace, short]) => ` xmlns:${short}="${namespace}"`).join('');
  const schemas = [...prefix.keys()]
    .filter((namespace) => namespace !== serialization)
    .map((namespace) => schemaOf(contract, prefix, namespace));
  const soap = service.version === '1.1' ? 'soap/' : 'soap12/';
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="${name}" targetNamespace="${operationNamespace}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/wsdl/${soap}" xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl"${declared}>
<wsdl:types>
${[...schemas, guidSchema].join('\n')}
</wsdl:types>
${contract.operations.map(messagesOf).join('\n')}
<wsdl:portType name="I${name}">
${contract.operations.map((operation) => portOf(service, operation)).join('\n')}
</wsdl:portType>
<wsdl:binding name="Binding_I${name}" type="tns:I${name}"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
${contract.operations.map((operation) => bindingOf(service, operation)).join('\n')}
</wsdl:binding>
<wsdl:service name="${name}"><wsdl:port name="Binding_I${name}" binding="tns:Binding_I${name}"><soap:address location="${escapeXml(address)}"/></wsdl:port></wsdl:service>
</wsdl:definitions>
`;
}

type Prefixes = ReadonlyMap<string, string>;

function schemaOf(contract: Contract, prefix: Prefixes, namespace: string): string {
  const imports = [...prefix.keys()].filter((other) => other !== namespace);
  const types = [...contract.types].filter((type) => type.namespace === namespace);
  return `<xs:schema elementFormDefault="qualified" targetNamespace="${namespace}">
${imports.map((other) => `<xs:import namespace="${other}"/>`).join('')}
${types.map((type) => typeOf(contract, prefix, type)).join('\n')}
</xs:schema>`;
}

function typeOf(contract: Contract, prefix: Prefixes, type: Type): string {
  if (type.kind === 'enum') {
    const values = type.literals.map((literal) => `<xs:enumeration value="${literal}"/>`).join('');
    return `<xs:simpleType name="${type.name}"><xs:restriction base="xs:string">${values}</xs:restriction></xs:simpleType>`;
  }
  if (type.kind === 'list') {
    const item = { namespace: type.namespace, name: type.item, type: type.type, optional: true, nillable: true };
    const one = elementOf(contract, prefix, item, ' maxOccurs="unbounded"');
    return `<xs:complexType name="${type.name}"><xs:sequence>${one}</xs:sequence></xs:complexType>`;
  }
  return classOf(contract, prefix, type);
}

function classOf(contract: Contract, prefix: Prefixes, type: ClassType): string {
  const own = `<xs:sequence>${type.members.map((m) => elementOf(contract, prefix, m)).join('')}</xs:sequence>`;
  if (type.namespace === operationNamespace)
    return `<xs:element name="${type.name}"><xs:complexType>${own}</xs:complexType></xs:element>`;
  const base = type.base === undefined ? undefined : nameOf(contract, prefix, type.base, type.namespace);
  const content =
    base === undefined
      ? own
      : `<xs:complexContent><xs:extension base="${base}">${own}</xs:extension></xs:complexContent>`;
  return `<xs:complexType name="${type.name}">${content}</xs:complexType>`;
}

function elementOf(contract: Contract, prefix: Prefixes, member: Member, more = ''): string {
  const least = member.optional ? ' minOccurs="0"' : '';
  const nil = member.nillable ? ' nillable="true"' : '';
  return `<xs:element name="${member.name}"${least}${more}${nil} type="${nameOf(contract, prefix, member.type, member.namespace)}"/>`;
}

function nameOf(contract: Contract, prefix: Prefixes, name: string, namespace: string): string {
  const type = contract.find(name, namespace);
  if (type !== undefined) return `${prefix.get(type.namespace)}:${type.name}`;
  return name === 'guid' ? `${prefix.get(serialization)}:guid` : `xs:${name}`;
}

function messagesOf(operation: string): string {
  const message = (name: string, element: string) =>
    `<wsdl:message name="${name}"><wsdl:part name="parameters" element="tns:${element}"/></wsdl:message>`;
  return message(`${operation}_In`, operation) + message(`${operation}_Out`, `${operation}Response`);
}

function portOf({ action }: SoapService, operation: string): string {
  const answer = `${action}${operation}Response`;
  return `<wsdl:operation name="${operation}"><wsdl:input wsaw:Action="${action}${operation}" message="tns:${operation}_In"/><wsdl:output wsaw:Action="${answer}" message="tns:${operation}_Out"/></wsdl:operation>`;
}

function bindingOf({ action }: SoapService, operation: string): string {
  const body = '<soap:body use="literal"/>';
  return `<wsdl:operation name="${operation}"><soap:operation soapAction="${action}${operation}" style="document"/><wsdl:input>${body}</wsdl:input><wsdl:output>${body}</wsdl:output></wsdl:operation>`;
}
