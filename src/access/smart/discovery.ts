/** What apps read before they begin. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known */
import { fixedScopes } from './client.ts';
import { responseModes } from './response-modes.ts';
import type { Addresses } from './smart.ts';

/** What is switched on, and no more: each is tried by test/access/smart/discovery.test.ts. */
const capabilities = [
  'launch-ehr',
  'launch-standalone',
  'authorize-post',
  'client-public',
  'client-confidential-symmetric',
  'client-confidential-asymmetric',
  'sso-openid-connect',
  'context-banner',
  'context-ehr-patient',
  'context-ehr-encounter',
  'context-standalone-patient',
  'permission-offline',
  'permission-online',
  'permission-patient',
  'permission-user',
  'permission-v1',
  'permission-v2',
] as const;

/** @param types of resources that there are */
export function smartConfiguration({ issuer }: Addresses, types: Iterable<string>): object {
  const levels = ['patient', 'user', 'system'];
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    end_session_endpoint: `${issuer}/end`,
    management_endpoint: `${issuer}/apps`,
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types_supported: ['code'],
    response_modes_supported: responseModes,
    code_challenge_methods_supported: ['S256'],
    scopes_supported: [
      ...fixedScopes,
      ...levels.map((level) => `${level}/*.cruds`),
      ...[...types].flatMap((type) => levels.map((level) => `${level}/${type}.cruds`)),
    ],
    capabilities,
  };
}

/** `CapabilityStatement.rest.security`. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html */
export function securityOf(issuer: string, cors: boolean): object {
  const uri = (url: string, path: string) => ({ url, valueUri: `${issuer}/${path}` });
  return {
    cors,
    service: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
            code: 'SMART-on-FHIR',
            display: 'SMART-on-FHIR',
          },
        ],
        text: 'OAuth2 using SMART-on-FHIR profile (see http://docs.smarthealthit.org)',
      },
    ],
    description: 'Authorization: Bearer <token>, as of .well-known/smart-configuration',
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [
          uri('authorize', 'authorize'),
          uri('token', 'token'),
          uri('introspect', 'introspect'),
          uri('revoke', 'revoke'),
          uri('manage', 'apps'),
        ],
      },
    ],
  };
}
