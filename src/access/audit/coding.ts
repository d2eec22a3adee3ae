/** Codes of AuditEvents: DICOM's, HL7's, and those of IHE BALP 1.1. https://profiles.ihe.net/ITI/BALP */

export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

const balp = 'https://profiles.ihe.net/ITI/BALP';
const hl7 = 'http://terminology.hl7.org/CodeSystem';

const dicom = (code: string, display: string): Coding => ({
  system: 'http://dicom.nema.org/resources/ontology/DCM',
  code,
  display,
});
const participation = (code: string, display: string): Coding => ({
  system: `${hl7}/v3-ParticipationType`,
  code,
  display,
});

export const interactionSystem = 'http://hl7.org/fhir/restful-interaction';
/** What we do that has no code elsewhere: kinds `code`, `account`, `notification`, `command`. */
export const ownSystem = 'https://medmost.ru/fhir/CodeSystem/audit-event';

export const rest: Coding = { system: `${hl7}/audit-event-type`, code: 'rest', display: 'RESTful Operation' };
export const alert = dicom('110113', 'Security Alert');
export const authentication = dicom('110114', 'User Authentication');
export const login = dicom('110122', 'Login');
export const logout = dicom('110123', 'Logout');
export const exported = dicom('110106', 'Export');
export const queried = dicom('110112', 'Query');
export const securityAttributes = dicom('110137', 'User Security Attributes Changed');
export const securityAdministration = dicom('110136', 'Security Roles Changed');

const application = dicom('110150', 'Application');
const destination = dicom('110152', 'Destination Role ID');
const source = dicom('110153', 'Source Role ID');
const custodian: Coding = { system: `${hl7}/provenance-participant-type`, code: 'custodian', display: 'Custodian' };
const recipient = participation('IRCP', 'information recipient');
const author = participation('AUT', 'author (originator)');

/** Of client, server and user by what was done: a query flows from the client, what is read flows to it. */
export const agentTypes = {
  C: [source, destination, author],
  R: [destination, source, recipient],
  U: [source, destination, author],
  D: [application, custodian, author],
  E: [source, destination, recipient],
} as const satisfies Record<string, readonly [client: Coding, server: Coding, user: Coding]>;

export const entityType = (code: '1' | '2'): Coding => ({
  system: `${hl7}/audit-entity-type`,
  code,
  display: code === '1' ? 'Person' : 'System Object',
});
export const requestType: Coding = { system: `${balp}/CodeSystem/BasicAuditEntityType`, code: 'XrequestId' };

const roleNames = { '1': 'Patient', '4': 'Domain Resource', '20': 'Job', '24': 'Query' } as const;
export const entityRole = (code: keyof typeof roleNames): Coding => ({
  system: `${hl7}/object-role`,
  code,
  display: roleNames[code],
});

export const serverSource: Coding = {
  system: `${hl7}/security-source-type`,
  code: '4',
  display: 'Application Server',
};

/** Of the profile of BALP: `PatientRead`, `Query`. */
export const profileOf = (name: string): string => `${balp}/StructureDefinition/IHE.BasicAudit.${name}`;
