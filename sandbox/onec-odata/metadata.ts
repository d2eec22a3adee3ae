/** `$metadata` as 1С writes it: EDMX of OData v3. protocols/onec.md §3.1. */
import type { EntitySet, Field } from './row.ts';

const edm = 'http://schemas.microsoft.com/ado/2009/11/edm';

export function writeMetadata(sets: readonly EntitySet[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0">
<edmx:DataServices xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" m:DataServiceVersion="3.0" m:MaxDataServiceVersion="3.0">
<Schema xmlns="${edm}" Namespace="StandardODATA">
${sets.map(typeOf).join('\n')}
<ComplexType Name="ТипЗначения"><Property Name="Лишнее" Type="Edm.String" Nullable="true"/></ComplexType>
<EntityContainer Name="EnterpriseV8" m:IsDefaultEntityContainer="true">
${sets.map(({ name }) => `<EntitySet Name="${name}" EntityType="StandardODATA.${name}"/>`).join('\n')}
</EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>`;
}

const typeOf = ({ name, fields }: EntitySet): string =>
  `<EntityType Name="${name}"><Key>${keyOf(fields)}</Key>${fields.map(propertyOf).join('')}</EntityType>`;

/** A row of a register has none of its own. */
const keyOf = (fields: readonly Field[]): string => {
  const own = fields.filter(({ name }) => name === 'Ref_Key');
  const key = own.length > 0 ? own : fields.slice(0, 3);
  return key.map(({ name }) => `<PropertyRef Name="${name}"/>`).join('');
};

const propertyOf = ({ name, type, maxLength }: Field): string =>
  `<Property Name="${name}" Type="${type}" Nullable="${name !== 'Ref_Key'}"${maxLength === undefined ? '' : ` MaxLength="${maxLength}"`}/>`;
